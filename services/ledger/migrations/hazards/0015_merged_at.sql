-- When a hazard was merged: whether its deadline had passed by then.
ALTER TABLE hazard ADD COLUMN merged_at timestamptz;

-- A new database has no history yet.
DO $$ BEGIN
    IF to_regclass('hazard_history') IS NOT NULL THEN
        WITH newest AS (
            SELECT DISTINCT ON (hazard_id) hazard_id, said.payload
              FROM hazard_history AS said JOIN hazard USING (hazard_id)
             WHERE hazard.state = 'duplicate' AND said.type = 'duban.hazard.merged.v1'
             ORDER BY hazard_id, said.version DESC)
        UPDATE hazard SET merged_at = (convert_from(newest.payload, 'UTF8')::jsonb ->> 'occurred_at')::timestamptz
          FROM newest WHERE newest.hazard_id = hazard.hazard_id;
    END IF;
END $$;
