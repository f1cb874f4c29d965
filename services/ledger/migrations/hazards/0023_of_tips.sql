-- Which hazards verified tips made, by who registered them: a county may have had references of its own that begin like theirs,
-- before those were kept for tips. 0028 says it of those that are there.
ALTER TABLE hazard ADD COLUMN is_of_tip boolean NOT NULL DEFAULT false;
