-- The last days of the deadlines before the one in force that passed (a list, null for none); `passed` now says that any did.
ALTER TABLE hazard_step ADD COLUMN missed_on jsonb;

-- Steps of before said of the deadline in force alone whether it passed. What came before it stands in the hazard's record: there a
-- deadline ends where the next one is set, and it passed if its last step says so or the next one came behind its day. One that was
-- corrected had never passed.
WITH told AS (
    SELECT hazard_id, (step ->> 'version')::bigint AS version, step ->> 'kind' AS kind, step ->> 'state' AS state,
           (step ->> 'day')::date AS day, (step ->> 'due_on')::date AS due_on, (step ->> 'passed')::boolean AS passed
    FROM hazard_fact, jsonb_array_elements(convert_from(record, 'UTF8')::jsonb -> 'steps') AS step
    WHERE hazard_id IN (SELECT hazard_id FROM hazard_step GROUP BY hazard_id HAVING count(DISTINCT deadline_on) > 1)
), followed AS (
    SELECT *, lead(kind) OVER steps AS next_kind, lead(day) OVER steps AS next_day
    FROM told WINDOW steps AS (PARTITION BY hazard_id ORDER BY version)
), missed AS (
    SELECT hazard_id, version, due_on FROM followed
    WHERE next_kind IN ('confirmed', 'reopened', 'extended')
      AND (passed OR (next_day > due_on AND state IN ('confirmed', 'rectifying')))
), earlier AS (
    SELECT step.hazard_id, step.version, jsonb_agg(missed.due_on ORDER BY missed.version) AS days
    FROM hazard_step AS step JOIN missed ON missed.hazard_id = step.hazard_id AND missed.version < step.version
    GROUP BY step.hazard_id, step.version
)
UPDATE hazard_step AS step SET passed = true, missed_on = earlier.days
FROM earlier WHERE step.hazard_id = earlier.hazard_id AND step.version = earlier.version;
