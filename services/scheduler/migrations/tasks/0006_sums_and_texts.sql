-- outside a transaction
-- Counts and searches of texts, measured at 250,000 tasks. Each index takes less than 2 s there.
--
-- They stand in place of the constraint `task_number_key` and of the indexes `task_counts` and `task_by_duty`, with which the
-- release before works: those go a release later, in a file of their own. Were they dropped here, this file, begun again after an
-- end in its middle, would leave numbers with neither constraint nor index while it makes `task_number` anew.
--
-- What the indexes of counts hold is what stands (`tables/lists.py`): so it is not asked of each row once more, a quarter of the
-- time. Those without further columns hold each of their keys once, 3 MB in place of 40.
DROP INDEX CONCURRENTLY IF EXISTS task_standing_sums;
CREATE INDEX CONCURRENTLY task_standing_sums ON task (county, state, kind, lead_unit, late, sector)
 WHERE NOT (state = 'cancelled' AND version = 0);
DROP INDEX CONCURRENTLY IF EXISTS task_standing_duties;
CREATE INDEX CONCURRENTLY task_standing_duties ON task (duty_id, period, plan, campaign, phase)
 WHERE NOT (state = 'cancelled' AND version = 0);
DROP INDEX CONCURRENTLY IF EXISTS task_standing_counts;
CREATE INDEX CONCURRENTLY task_standing_counts ON task (county, state, kind, lead_unit)
    INCLUDE (late, plan, campaign, phase, duty_id, period, due_on, sector, member_code, helper_units)
 WHERE NOT (state = 'cancelled' AND version = 0);
-- A title's tasks in the order of lists, with what they can be narrowed by, and counted by. Without the phase, whose text could
-- be as long as the title's: both with 30 helpers came near to what an index can hold.
DROP INDEX CONCURRENTLY IF EXISTS task_standing_titles;
CREATE INDEX CONCURRENTLY task_standing_titles ON task (title, due_on, task_id)
    INCLUDE (county, state, kind, lead_unit, late, plan, campaign, duty_id, period, sector, member_code, helper_units)
 WHERE NOT (state = 'cancelled' AND version = 0);
-- A number by its beginning, whatever the database's collation, and by its end.
DROP INDEX CONCURRENTLY IF EXISTS task_number;
CREATE UNIQUE INDEX CONCURRENTLY task_number ON task (number text_pattern_ops);
DROP INDEX CONCURRENTLY IF EXISTS task_number_backwards;
CREATE INDEX CONCURRENTLY task_number_backwards ON task (reverse(number) text_pattern_ops);
