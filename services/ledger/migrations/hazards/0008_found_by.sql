-- The inspection that reported a hazard: its task, by id and by number, and the unit that inspected. A county's report has
-- none.
ALTER TABLE hazard ADD COLUMN task_id         text,
                   ADD COLUMN task_number     text,
                   ADD COLUMN inspecting_unit text,
                   ADD CONSTRAINT hazard_found_by_whole
                       CHECK (num_nonnulls(task_id, task_number, inspecting_unit) IN (0, 3));
CREATE INDEX hazard_by_task ON hazard (task_id, hazard_id) WHERE task_id IS NOT NULL;
CREATE INDEX hazard_by_task_number ON hazard (task_number, hazard_id) WHERE task_number IS NOT NULL;
