-- Two-level confirmation: who confirmed first and in which post, and who confirmed or regraded last.
ALTER TABLE hazard ADD COLUMN first_confirmed_at   timestamptz,
                   ADD COLUMN first_confirmed_by   text,
                   ADD COLUMN first_confirmed_post text,
                   ADD COLUMN confirmed_by         text;
ALTER TABLE hazard ADD CONSTRAINT hazard_first_confirmed_whole CHECK (
    num_nonnulls(first_confirmed_at, first_confirmed_by, first_confirmed_post) IN (0, 3));
-- A major hazard is never confirmed by the same person at both levels.
ALTER TABLE hazard ADD CONSTRAINT hazard_confirmed_by_another CHECK (
    grade IS DISTINCT FROM 'major' OR confirmed_by IS NULL OR confirmed_by IS DISTINCT FROM first_confirmed_by);
-- What waits for its second level.
CREATE INDEX hazard_awaiting_second_level ON hazard (county, hazard_id)
    WHERE state = 'reported' AND first_confirmed_at IS NOT NULL;
