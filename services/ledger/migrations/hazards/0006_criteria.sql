-- The clause by which a hazard was graded, and the version of the criteria (sector/version) in which it stands.
ALTER TABLE hazard ADD COLUMN criterion         text,
                   ADD COLUMN criterion_version text CHECK (criterion_version IS NULL OR criterion IS NOT NULL);
