-- outside a transaction
-- The deadlines of before, 20 s at half a million; then the lists of scopes, in order of the due instant.
CALL say_whose_deadlines();
DROP INDEX CONCURRENTLY IF EXISTS alarm_deadlines_of_county;
CREATE INDEX CONCURRENTLY alarm_deadlines_of_county ON alarm (of_county, due_at, subject_id, deadline_number)
 WHERE subject_kind = 'hazard' AND kind = 'overdue';
DROP INDEX CONCURRENTLY IF EXISTS alarm_deadlines_of_township;
CREATE INDEX CONCURRENTLY alarm_deadlines_of_township ON alarm (of_township, due_at, subject_id, deadline_number)
 WHERE subject_kind = 'hazard' AND kind = 'overdue' AND of_township IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS alarm_deadlines_of_sector;
CREATE INDEX CONCURRENTLY alarm_deadlines_of_sector ON alarm (of_sector, due_at, subject_id, deadline_number)
 WHERE subject_kind = 'hazard' AND kind = 'overdue';
