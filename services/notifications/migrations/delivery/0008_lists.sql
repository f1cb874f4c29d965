-- outside a transaction
-- Who sees few of the deliveries, such as a small county, a unit or a township, walked past nearly all the others for each page.
DROP INDEX CONCURRENTLY IF EXISTS delivery_of_county;
CREATE INDEX CONCURRENTLY delivery_of_county ON delivery (county, position);
DROP INDEX CONCURRENTLY IF EXISTS delivery_of_unit;
CREATE INDEX CONCURRENTLY delivery_of_unit ON delivery (unit, position);
DROP INDEX CONCURRENTLY IF EXISTS delivery_of_township;
CREATE INDEX CONCURRENTLY delivery_of_township ON delivery (township, position) WHERE township IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS delivery_of_sector;
CREATE INDEX CONCURRENTLY delivery_of_sector ON delivery (sector, position) WHERE sector IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS delivery_of_enterprise;
CREATE INDEX CONCURRENTLY delivery_of_enterprise ON delivery (enterprise, position) WHERE enterprise IS NOT NULL;
