-- outside a transaction
-- Whose it is, for a scope's list.
DROP INDEX CONCURRENTLY IF EXISTS accountability_case_of_county;
CREATE INDEX CONCURRENTLY accountability_case_of_county ON accountability_case (hazard_county, case_number);
DROP INDEX CONCURRENTLY IF EXISTS accountability_case_of_sector;
CREATE INDEX CONCURRENTLY accountability_case_of_sector ON accountability_case (hazard_sector, case_number);
