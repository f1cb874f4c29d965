-- outside a transaction
-- The lists of a county and of a sector, which walked past those of all others. Each takes less than a second at 100,000.
DROP INDEX CONCURRENTLY IF EXISTS training_session_of_county;
CREATE INDEX CONCURRENTLY training_session_of_county ON training_session (county, held_on, session_id);
DROP INDEX CONCURRENTLY IF EXISTS training_session_of_sector;
CREATE INDEX CONCURRENTLY training_session_of_sector ON training_session (sector, held_on, session_id)
 WHERE sector IS NOT NULL;
