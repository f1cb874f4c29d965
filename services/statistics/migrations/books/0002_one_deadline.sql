-- The deadline as everybody reckons it, after pauses, extensions and roll; rows of before have the printed day only.
ALTER TABLE hazard_step ADD COLUMN due_on date;
ALTER TABLE hazard_step ADD COLUMN passed boolean;
