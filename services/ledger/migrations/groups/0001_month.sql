-- What inspections found in a month.
CREATE INDEX hazard_found_by_inspection ON hazard (found_on, hazard_id) WHERE channel = 'inspection';
