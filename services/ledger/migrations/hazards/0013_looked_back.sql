-- When a closed hazard was last looked at again and was still mended.
ALTER TABLE hazard ADD COLUMN looked_back_at timestamptz;
ALTER TABLE hazard ADD CONSTRAINT hazard_looked_back_while_closed CHECK (looked_back_at IS NULL OR closed_at IS NOT NULL);
