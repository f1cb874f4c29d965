-- 归并: a hazard that is the same as another one. It is a duplicate from then on, keeps what it was, and names the one that
-- goes on for both; `merged_from` is where 拆分 brings it back to.
ALTER TABLE hazard ADD COLUMN merged_into uuid REFERENCES hazard,
                   ADD COLUMN merged_into_number text,
                   ADD COLUMN merged_from text,
                   ADD COLUMN source_count integer NOT NULL DEFAULT 0 CHECK (source_count >= 0);
CREATE INDEX hazard_by_survivor ON hazard (merged_into) WHERE merged_into IS NOT NULL;
ALTER TABLE hazard ADD CONSTRAINT hazard_merged_whole CHECK (
    num_nonnulls(merged_into, merged_into_number, merged_from) = CASE WHEN state = 'duplicate' THEN 3 ELSE 0 END);
-- A source has no sources: whoever is merged is merged with the one that stands.
ALTER TABLE hazard ADD CONSTRAINT hazard_merged_flat CHECK (
    merged_into IS NULL OR (source_count = 0 AND merged_into <> hazard_id));
ALTER TABLE hazard DROP CONSTRAINT hazard_confirmed_whole;
ALTER TABLE hazard ADD CONSTRAINT hazard_confirmed_whole CHECK (
    CASE WHEN coalesce(merged_from, state) IN ('reported', 'rejected')
         THEN num_nonnulls(grade, responsible_unit, deadline_on, confirmed_at) = 0
         ELSE num_nulls(grade, responsible_unit, deadline_on, confirmed_at) = 0 END);
