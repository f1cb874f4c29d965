-- outside a transaction
-- Lists that walked past what they did not show, measured at a million hazards. Each takes 0.5 to 2 s there.
DROP INDEX CONCURRENTLY IF EXISTS hazard_by_county_and_sector;
CREATE INDEX CONCURRENTLY hazard_by_county_and_sector ON hazard (county, sector, hazard_id);
DROP INDEX CONCURRENTLY IF EXISTS hazard_all_overdue;
CREATE INDEX CONCURRENTLY hazard_all_overdue ON hazard (hazard_id) WHERE overdue;
DROP INDEX CONCURRENTLY IF EXISTS hazard_major;
CREATE INDEX CONCURRENTLY hazard_major ON hazard (hazard_id) WHERE grade = 'major';
-- The city's list, too, which sorted all that waits; the one by county goes once this one is there.
DROP INDEX CONCURRENTLY IF EXISTS hazard_awaiting_second;
CREATE INDEX CONCURRENTLY hazard_awaiting_second ON hazard (hazard_id)
    WHERE state = 'reported' AND first_confirmed_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS hazard_awaiting_second_level;
-- From it counts were answered, which tallies do now (0017); the release before goes on counting, slower.
DROP INDEX CONCURRENTLY IF EXISTS hazard_counts;
