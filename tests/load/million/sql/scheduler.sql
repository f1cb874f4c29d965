-- Clocks and alarms: of every second hazard; tasks: as many as a quarter. Those that stand there already, made by the
-- scheduler's own verbs, are the patterns of their documents.
CREATE TEMP TABLE drawn AS
SELECT n, md5('clock' || n)::uuid::text AS id, seat.*, firm.uscc, n % 100 < 93 AS over,
       current_setting('million.now')::timestamptz + interval '40 days'
           - (current_setting('million.hazards')::bigint / 2 - n) * (interval '580 days' / (current_setting('million.hazards')::bigint / 2)) AS due
  FROM generate_series(1, current_setting('million.hazards')::bigint / 2) AS n
  JOIN seat ON seat.seat = abs(hashint8(n)) % current_setting('million.seats')::integer
  JOIN firm ON firm.firm = abs(hashint8(n + 1)) % current_setting('million.firms')::integer;
INSERT INTO hazard_clock (hazard_id, number, county, sector, township, responsible_unit, enterprise_uscc, version, state,
                          deadline_number, outcome, due_at, reckoning, facts, event_id)
SELECT id, drawn.county || '-2026-' || lpad(n::text, 6, '0'), drawn.county, drawn.sector, drawn.township, drawn.unit, drawn.uscc,
       3, CASE WHEN over THEN 'stopped' ELSE 'running' END, 1, CASE WHEN over THEN 'closed' ELSE 'open' END, due,
       jsonb_set(reckoning, '{hazard_id}', to_jsonb(id)), jsonb_set(facts, '{hazard_id}', to_jsonb(id)), 'e-' || n
  FROM drawn CROSS JOIN (SELECT reckoning, facts FROM hazard_clock LIMIT 1) AS pattern;
INSERT INTO alarm (subject_kind, subject_id, subject_number, deadline_number, kind, days_before, deadline_on, fires_at, due_at,
                   state, raised_at)
SELECT 'hazard', id, county || '-2026-' || lpad(n::text, 6, '0'), 1, kind, CASE kind WHEN 'overdue' THEN 0 ELSE 3 END, due::date,
       due, due, state, CASE WHEN state = 'raised' THEN due END
  FROM drawn CROSS JOIN unnest(ARRAY['overdue', 'due_soon']) AS kind
 CROSS JOIN LATERAL (SELECT CASE WHEN n % 100 < 85 THEN 'withdrawn' WHEN due < current_setting('million.now')::timestamptz
                                 THEN 'raised' ELSE 'armed' END AS state) AS said;
INSERT INTO task (task_id, number, digest, opens_at, duty_id, duty_version, period, period_end, kind, title, county, lead_unit,
                  helper_units, sector, member_kind, member_code, plan, campaign, state, late, due_on, due_at, deadline_number,
                  version, submitted_at, ended_at, task)
SELECT 'task-' || n, 'RW-2026-' || n, decode(md5(n::text), 'hex'), due - interval '20 days', 'duty-' || n % 400, 1,
       to_char(due, 'YYYY-MM'), due::date, (ARRAY['report', 'inspection', 'meeting', 'training', 'drill'])[1 + n % 5],
       -- A title of each duty's own.
       (ARRAY['报送安全生产工作进展', '燃气安全检查', '召开安委会例会', '开展消防演练'])[1 + n % 4] || '（第' || n % 400 || '项）', seat.county, seat.unit,
       CASE WHEN n % 9 = 0 THEN ' transport ' ELSE ' ' END, seat.sector, 'unit', 'unit-' || n % 3000,
       CASE WHEN n % 3 = 0 THEN 'plan-' || n % 5 END, CASE WHEN n % 50 = 0 THEN 'campaign-' || n % 4 END, state,
       n % 30 = 0, due::date, due, 1, CASE WHEN state = 'planned' THEN 0 ELSE 3 END,
       CASE WHEN state IN ('submitted', 'accepted') THEN due - interval '1 day' END,
       CASE WHEN state = 'accepted' THEN due END,
       pattern.task || jsonb_build_object('state', state, 'due_on', due::date, 'late', n % 30 = 0,
                                          'version', CASE WHEN state = 'planned' THEN 0 ELSE 3 END)
  FROM generate_series(1, current_setting('million.hazards')::bigint / 4) AS n
 CROSS JOIN LATERAL (SELECT current_setting('million.now')::timestamptz + interval '200 days'
                            - (n % 740) * interval '1 day' AS due) AS at
 CROSS JOIN LATERAL (SELECT CASE WHEN due > current_setting('million.now')::timestamptz + interval '30 days' THEN 'planned'
                                 WHEN due > current_setting('million.now')::timestamptz THEN (ARRAY['assigned', 'acknowledged', 'submitted'])[1 + n % 3]
                                 WHEN n % 40 = 0 THEN 'assigned' WHEN n % 41 = 0 THEN 'waived' ELSE 'accepted' END AS state) AS stands
  JOIN seat ON seat.seat = abs(hashint8(n)) % current_setting('million.seats')::integer
 CROSS JOIN (SELECT task FROM task LIMIT 1) AS pattern;
INSERT INTO training_session (session_id, version, enterprise, county, sector, held_on, content, recorded_at, recorded_by)
SELECT md5('training' || n)::uuid, 1, uscc, county, sector, due::date,
       jsonb_build_object('title', '安全生产法', 'held_on', due::date, 'hours', 2, 'attendees',
                          jsonb_build_array(jsonb_build_object('number', 'S1', 'name', '某人（虚构）', 'hours', 2, 'result', 'passed'))),
       due, 'county-office'
  FROM drawn WHERE n % 5 = 0 AND uscc IS NOT NULL;
-- A closing is looked back at; most was done.
INSERT INTO follow_up (subject_kind, subject_id, subject_number, aggregate, county, sector, unit, due_on, due_at, set_at, done_at,
                       version, event_id)
SELECT 'look_back', id || '/3', county || '-2026-' || lpad(n::text, 6, '0'), id, county, sector, unit, due::date, due,
       due - interval '90 days', CASE WHEN n % 100 < 95 THEN due - interval '1 day' END, 3, 'e-' || n
  FROM drawn WHERE over;
DROP TABLE drawn;
