-- outside a transaction
-- Whose it is, for a scope's list.
DROP INDEX CONCURRENTLY IF EXISTS look_alike_of_county;
CREATE INDEX CONCURRENTLY look_alike_of_county ON look_alike (county, hazard_id, other_id);
DROP INDEX CONCURRENTLY IF EXISTS look_alike_of_sector;
CREATE INDEX CONCURRENTLY look_alike_of_sector ON look_alike (sector, hazard_id, other_id);
