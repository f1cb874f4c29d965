-- outside a transaction
-- What inspections found in a month, the newest first, and its counts, from this index alone: the one by day gave neither order
-- nor counts, and goes once this one is there. Takes 2 s at a million hazards.
DROP INDEX CONCURRENTLY IF EXISTS hazard_found_in_month;
CREATE INDEX CONCURRENTLY hazard_found_in_month ON hazard (date_trunc('month', found_on::timestamp), hazard_id)
    INCLUDE (county, township_code, sector, state, merged_into, found_on) WHERE channel = 'inspection';
DROP INDEX CONCURRENTLY IF EXISTS hazard_found_by_inspection;
