-- A third thing to be said: a while after the deadline it is still owed (催办). Once for each deadline.
ALTER TABLE alarm DROP CONSTRAINT alarm_kind_check;
ALTER TABLE alarm ADD CONSTRAINT alarm_kind_check CHECK (kind IN ('due_soon', 'overdue', 'still_due'));
CREATE INDEX alarm_still_due_armed ON alarm (subject_kind, fires_at) WHERE kind = 'still_due' AND state = 'armed';
