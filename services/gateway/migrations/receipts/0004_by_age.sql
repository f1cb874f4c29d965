-- outside a transaction
-- What is old enough to be forgotten is found from its front; reservations come in order of time, so a row costs it next to nothing.
DROP INDEX CONCURRENTLY IF EXISTS receipt_by_age;
CREATE INDEX CONCURRENTLY receipt_by_age ON receipt (reserved_at);
