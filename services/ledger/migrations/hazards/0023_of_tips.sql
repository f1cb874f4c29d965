-- Which hazards verified tips made, by who registered them: a county may have had references of its own that begin like theirs,
-- before those were kept for tips.
ALTER TABLE hazard ADD COLUMN is_of_tip boolean NOT NULL DEFAULT false;

-- A new database has no history yet.
DO $$ BEGIN
    IF to_regclass('hazard_history') IS NOT NULL THEN
        UPDATE hazard SET is_of_tip = true
          FROM hazard_history AS said
         WHERE said.hazard_id = hazard.hazard_id AND said.version = 1
           AND hazard.reference LIKE 'tip/%' AND hazard.task_id IS NULL
           AND convert_from(said.payload, 'UTF8')::jsonb #>> '{actor,role}' <> 'integrator';
    END IF;
END $$;
