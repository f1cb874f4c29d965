-- Deadlines that were missed, excused or lapsed are few among those that were met. Takes a second at half a million, while
-- nothing is written.
CREATE INDEX alarm_of_note ON alarm (subject_kind, state, due_at, subject_id, deadline_number)
 WHERE kind = 'overdue' AND state IN ('held', 'raised', 'excused', 'lapsed');
