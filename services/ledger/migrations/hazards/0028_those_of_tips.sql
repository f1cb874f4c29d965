-- What 0023 added, of the hazards that are there; only the rows of such references are held.
DO $$ BEGIN
    -- A new database has no history yet.
    IF to_regclass('hazard_history') IS NOT NULL THEN
        UPDATE hazard SET is_of_tip = true
          FROM hazard_history AS said
         WHERE said.hazard_id = hazard.hazard_id AND said.version = 1
           AND hazard.reference LIKE 'tip/%' AND hazard.task_id IS NULL
           AND convert_from(said.payload, 'UTF8')::jsonb #>> '{actor,role}' <> 'integrator';
    END IF;
END $$;
