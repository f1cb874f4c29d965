-- The task that a 任务办理 was filed for; `number` is then the task's.
ALTER TABLE receipt ADD COLUMN task_id text;
