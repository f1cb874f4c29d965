-- outside a transaction
-- The list of what waits for its second level, whatever its state; and what 0024 left to be read beside those who write.
ALTER TABLE hazard VALIDATE CONSTRAINT hazard_confirmed_by_another;
DROP INDEX CONCURRENTLY IF EXISTS hazard_awaiting_second_of_all;
CREATE INDEX CONCURRENTLY hazard_awaiting_second_of_all ON hazard (hazard_id) WHERE first_confirmed_grade IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS hazard_awaiting_second;
