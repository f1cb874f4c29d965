-- The hazards of a county that is behind, whose deadlines passed meanwhile, are found without looking at the others.
CREATE INDEX hazard_clock_county_due ON hazard_clock (county, due_at);
