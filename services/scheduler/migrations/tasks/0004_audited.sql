-- What the self-audit looks at every minute: the tasks that are open, what is still to be said about tasks, and what was said
-- lately. What has been over for long costs it nothing.
CREATE INDEX task_open ON task (task_id) WHERE state IN ('assigned', 'acknowledged', 'returned', 'submitted');
CREATE INDEX alarm_unsaid_of_tasks ON alarm (subject_id) WHERE subject_kind = 'task' AND state IN ('armed', 'held');
CREATE INDEX alarm_raised_of_tasks ON alarm (raised_at)
 WHERE subject_kind = 'task' AND kind = 'overdue' AND state = 'raised';
