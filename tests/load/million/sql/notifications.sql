-- Letters: one for every fourth hazard, with a delivery over e-mail and, half of the time, one over a webhook.
CREATE TEMP TABLE drawn AS
SELECT n, md5('letter' || n)::uuid AS letter_id, md5(n::text)::uuid::text AS hazard_id, seat.*, firm.uscc,
       current_setting('million.now')::timestamptz
           - (current_setting('million.hazards')::bigint / 4 - n) * interval '3 minutes' AS at,
       (ARRAY['prompt', 'urging', 'circular'])[1 + n % 3] AS kind
  FROM generate_series(1, current_setting('million.hazards')::bigint / 4) AS n
  JOIN seat ON seat.seat = abs(hashint8(n)) % current_setting('million.seats')::integer
  JOIN firm ON firm.firm = abs(hashint8(n + 1)) % current_setting('million.firms')::integer;
INSERT INTO letter_cause (about_id, kind, letter_id, about_kind, occasion)
SELECT hazard_id, kind, letter_id, 'hazard', '1' FROM drawn;
INSERT INTO letter (letter_id, kind, year, sequence, number, about_kind, about_id, about_number, county, township, sector, unit,
                    enterprise, addressee, addressee_unit, due_on, title, body, issued_at, state, version, cause_event,
                    correlation, acknowledged_at, acknowledged_by)
SELECT letter_id, kind, 2026, n, kind || '〔2026〕' || n || '号', 'hazard', hazard_id, county || '-2026-' || lpad(n::text, 6, '0'),
       county, township, sector, unit, uscc, '第' || n % 500 || '科', unit, at::date + 10, '关于隐患整改的函',
       '请于期限内完成整改。', at, state, 1, 'cause-' || n, 'correlation-' || n,
       CASE WHEN state = 'acknowledged' THEN at END, CASE WHEN state = 'acknowledged' THEN 'county-office' END
  FROM (SELECT *, CASE WHEN n % 200 = 0 THEN 'failed' WHEN n % 300 = 1 THEN 'uncertain' WHEN n % 10 = 2 THEN 'delivered'
                       ELSE 'acknowledged' END AS state FROM drawn) AS one ORDER BY n;
INSERT INTO delivery (delivery_id, letter_id, channel, address, state, attempts, tries, pending_since, number, addressee,
                      county, township, sector, unit, enterprise, next_attempt_at)
SELECT md5(channel || n)::uuid, letter_id, channel, 'office@example.invalid', state, 1, 1, at, kind || '〔2026〕' || n || '号',
       '第' || n % 500 || '科', county, township, sector, unit, uscc, CASE WHEN state = 'pending' THEN at END
  FROM drawn CROSS JOIN unnest(ARRAY['email', 'webhook']) AS channel
  CROSS JOIN LATERAL (SELECT CASE WHEN n % 200 = 0 THEN 'failed' WHEN n % 1000 = 1 THEN 'pending' ELSE 'delivered' END AS state) AS said
 WHERE channel = 'email' OR n % 2 = 0 ORDER BY n;
INSERT INTO delivery_attempt (delivery_id, attempt, begun_at, ended_at, verdict)
SELECT delivery_id, 1, pending_since, pending_since, 'accepted' FROM delivery;
DROP TABLE drawn;
