-- An alarm is about a subject of any kind; a hazard is one. Its row holds everything that makes it due, and refers to
-- no table of another slice.
ALTER TABLE alarm DROP CONSTRAINT alarm_hazard_id_fkey;
ALTER TABLE alarm DROP CONSTRAINT alarm_pkey;
DROP INDEX alarm_overdue_armed, alarm_due_soon_armed, alarm_deadlines;

ALTER TABLE alarm RENAME COLUMN hazard_id TO subject_id;
ALTER TABLE alarm ADD COLUMN subject_kind text NOT NULL DEFAULT 'hazard';
ALTER TABLE alarm ADD COLUMN subject_number text;
ALTER TABLE alarm ADD COLUMN deadline_on date;
UPDATE alarm
   SET subject_number = clock.number,
       deadline_on = (clock.reckoning -> 'deadlines' -> (alarm.deadline_number - 1) ->> 'deadline_on')::date
  FROM hazard_clock AS clock WHERE clock.hazard_id = alarm.subject_id;
ALTER TABLE alarm ALTER COLUMN subject_kind DROP DEFAULT;
ALTER TABLE alarm ALTER COLUMN subject_number SET NOT NULL;
ALTER TABLE alarm ALTER COLUMN deadline_on SET NOT NULL;

ALTER TABLE alarm ADD PRIMARY KEY (subject_kind, subject_id, deadline_number, kind, days_before);
-- The clock's polls read these from the front, one kind of subject at a time.
CREATE INDEX alarm_overdue_armed ON alarm (subject_kind, fires_at) WHERE kind = 'overdue' AND state = 'armed';
CREATE INDEX alarm_due_soon_armed ON alarm (subject_kind, fires_at) WHERE kind = 'due_soon' AND state = 'armed';
CREATE INDEX alarm_deadlines ON alarm (subject_kind, due_at, subject_id, deadline_number) WHERE kind = 'overdue';
