-- How often a task was changed, planned anew and withdrawn included, which no version counts: calendars tell by it which
-- of two states is the newer one.
ALTER TABLE task ADD COLUMN revision integer NOT NULL DEFAULT 0;
CREATE FUNCTION count_revisions_of_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER task_revisions_are_counted
    BEFORE UPDATE ON task
    FOR EACH ROW WHEN (NEW.task IS DISTINCT FROM OLD.task) EXECUTE FUNCTION count_revisions_of_tasks();
-- Rows of before: whoever saw them as planned sees a higher number from their first move on.
UPDATE task SET revision = version WHERE version > 0;
