-- outside a transaction
-- Whose it is, for a scope's list.
DROP INDEX CONCURRENTLY IF EXISTS look_back_of_county;
CREATE INDEX CONCURRENTLY look_back_of_county ON look_back (hazard_county, due_on, hazard_id, closure);
DROP INDEX CONCURRENTLY IF EXISTS look_back_of_township;
CREATE INDEX CONCURRENTLY look_back_of_township ON look_back (hazard_township, due_on, hazard_id, closure)
    WHERE hazard_township IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS look_back_of_sector;
CREATE INDEX CONCURRENTLY look_back_of_sector ON look_back (hazard_sector, due_on, hazard_id, closure);
