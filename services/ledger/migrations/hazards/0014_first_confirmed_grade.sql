-- A first level counts once, and for the grade that it said: this is the grade of one whose second is yet to come.
ALTER TABLE hazard ADD COLUMN first_confirmed_grade text CHECK (first_confirmed_grade IN ('general', 'major'));

-- A new database has no history yet.
DO $$ BEGIN
    IF to_regclass('hazard_history') IS NOT NULL THEN
        WITH newest AS (
            SELECT DISTINCT ON (hazard_id) hazard_id, said.type, said.payload
              FROM hazard_history AS said JOIN hazard USING (hazard_id)
             WHERE first_confirmed_at IS NOT NULL
               AND said.type IN ('duban.hazard.first_confirmed.v1', 'duban.hazard.confirmed.v1', 'duban.hazard.regraded.v1')
             ORDER BY hazard_id, said.version DESC)
        UPDATE hazard SET first_confirmed_grade = convert_from(newest.payload, 'UTF8')::jsonb ->> 'grade'
          FROM newest WHERE newest.hazard_id = hazard.hazard_id AND newest.type = 'duban.hazard.first_confirmed.v1';
        -- Nothing is left of a first level behind a confirmation of another grade.
        UPDATE hazard SET first_confirmed_at = NULL, first_confirmed_by = NULL, first_confirmed_post = NULL
         WHERE first_confirmed_at IS NOT NULL AND first_confirmed_grade IS NULL AND grade = 'general';
    END IF;
END $$;
ALTER TABLE hazard ADD CONSTRAINT hazard_first_confirmed_graded CHECK (
    first_confirmed_grade IS NULL OR first_confirmed_at IS NOT NULL);
