-- A county's lists and its calendar, in order of the last day: what they read is the county's own.
CREATE INDEX task_by_county ON task (county, due_on, task_id);
