-- outside a transaction
-- Attempts that another one followed, from the oldest on; the many deliveries that arrived at once are not in it.
DROP INDEX CONCURRENTLY IF EXISTS delivery_attempt_put_off;
CREATE INDEX CONCURRENTLY delivery_attempt_put_off ON delivery_attempt (begun_at) WHERE verdict = 'transient';
