-- outside a transaction
-- Whose it is, for a scope's list.
DROP INDEX CONCURRENTLY IF EXISTS listing_of_county;
CREATE INDEX CONCURRENTLY listing_of_county ON listing (county, deadline_on, hazard_id, listing);
DROP INDEX CONCURRENTLY IF EXISTS listing_of_township;
CREATE INDEX CONCURRENTLY listing_of_township ON listing (township, deadline_on, hazard_id, listing)
    WHERE township IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS listing_of_sector;
CREATE INDEX CONCURRENTLY listing_of_sector ON listing (sector, deadline_on, hazard_id, listing);
DROP INDEX CONCURRENTLY IF EXISTS listing_of_enterprise;
CREATE INDEX CONCURRENTLY listing_of_enterprise ON listing (enterprise, deadline_on, hazard_id, listing)
    WHERE enterprise IS NOT NULL;
