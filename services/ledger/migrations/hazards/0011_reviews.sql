-- What the newest 整改方案 says, and who reviews: of two reviewers the first, and the post of whoever struck it off.
ALTER TABLE hazard ADD COLUMN planned_measures text,
                   ADD COLUMN responsible_post text,
                   ADD COLUMN funds_yuan       integer CHECK (funds_yuan >= 0),
                   ADD COLUMN contingency      text,
                   ADD COLUMN reviewed_at      timestamptz,
                   ADD COLUMN reviewed_by      text,
                   ADD COLUMN reviewed_post    text,
                   ADD COLUMN closed_post      text;
ALTER TABLE hazard ADD CONSTRAINT hazard_reviewed_whole CHECK (
    num_nonnulls(reviewed_at, reviewed_by, reviewed_post) IN (0, 3));
-- Of two reviewers neither is the other, nor whoever submitted.
ALTER TABLE hazard ADD CONSTRAINT hazard_reviewed_by_another CHECK (
    reviewed_by IS NULL OR (reviewed_by IS DISTINCT FROM closed_by AND reviewed_by IS DISTINCT FROM submitted_by));
