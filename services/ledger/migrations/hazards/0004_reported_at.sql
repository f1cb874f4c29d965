-- When the report that stands reached the broker (domain time); null for reports from before, which any later one corrects.
ALTER TABLE hazard ADD COLUMN reported_at timestamptz;
