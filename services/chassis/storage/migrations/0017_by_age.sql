-- outside a transaction
-- What is old enough is found from its front. Both are written in order of time, so a row costs them next to nothing.
DROP INDEX CONCURRENTLY IF EXISTS inbox_by_age;
CREATE INDEX CONCURRENTLY inbox_by_age ON inbox (claimed_at);
DROP INDEX CONCURRENTLY IF EXISTS dead_letter_settled;
CREATE INDEX CONCURRENTLY dead_letter_settled ON dead_letter (created_at) WHERE refused OR state <> 'held';
