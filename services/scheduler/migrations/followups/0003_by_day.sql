-- outside a transaction
-- The list of all, done or owed, in its order. What is owed alone has its own.
DROP INDEX CONCURRENTLY IF EXISTS follow_up_by_day;
CREATE INDEX CONCURRENTLY follow_up_by_day ON follow_up (due_on, subject_kind, subject_id);
