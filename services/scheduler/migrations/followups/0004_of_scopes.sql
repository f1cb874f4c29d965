-- outside a transaction
-- The lists of a county and of a sector, which walked past those of all others. Each takes a second at half a million.
DROP INDEX CONCURRENTLY IF EXISTS follow_up_of_county;
CREATE INDEX CONCURRENTLY follow_up_of_county ON follow_up (county, due_on, subject_kind, subject_id);
DROP INDEX CONCURRENTLY IF EXISTS follow_up_of_sector;
CREATE INDEX CONCURRENTLY follow_up_of_sector ON follow_up (sector, due_on, subject_kind, subject_id);
