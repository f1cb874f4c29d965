-- A request for a deadline that a corrected one has reached since is gone, as it is once a deadline is corrected now.
DO $$ BEGIN
    -- A new database has no history yet.
    IF to_regclass('hazard_history') IS NOT NULL THEN
        UPDATE hazard SET extension_wanted_on = NULL, extension_asked_by = NULL
         WHERE extension_wanted_on <= deadline_on
           AND (SELECT split_part(said.type, '.', 3) = 'deadline_corrected'
                  FROM hazard_history AS said
                 WHERE said.hazard_id = hazard.hazard_id
                   AND split_part(said.type, '.', 3) IN ('extension_requested', 'deadline_corrected')
                 ORDER BY said.version DESC LIMIT 1);
    END IF;
END $$;
