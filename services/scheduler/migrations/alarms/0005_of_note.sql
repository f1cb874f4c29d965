-- outside a transaction
-- Deadlines that were missed, excused, lapsed or lie ahead are few among those that were met, which are withdrawn and stay out.
-- Takes a second at half a million.
DROP INDEX CONCURRENTLY IF EXISTS alarm_of_note;
CREATE INDEX CONCURRENTLY alarm_of_note ON alarm (subject_kind, state, due_at, subject_id, deadline_number)
 WHERE kind = 'overdue' AND state <> 'withdrawn';
