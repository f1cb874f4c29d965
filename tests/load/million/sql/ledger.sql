-- The ledger of a city after one and a half years. `million.*` are this session's settings; the tables `firm`, `fault`,
-- `spot` and `seat` are the words of `fill`. Every choice follows from a row's number and the seed.

CREATE FUNCTION pg_temp.chance(n bigint, what integer) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(n, what) & 1048575) / 1048576.0::double precision
$$;

-- One row a hazard: newest last, so that ids grow with time. `fate` decides where it stands: what is old is mostly closed.
CREATE TEMP TABLE drawn AS
SELECT n, at,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(n::text || current_setting('million.seed')), 1, 3) || '8'
        || substr(md5(n::text || current_setting('million.seed')), 4, 15))::uuid AS hazard_id,
       seat.*, firm.*, spot.spot,
       fault.fault AS description,
       CASE WHEN n % 50 = 0 THEN 'duplicate'
            WHEN pg_temp.chance(n, 11) < 0.04 THEN 'rejected'
            WHEN pg_temp.chance(n, 12) < CASE WHEN age < 30 THEN 0.25 WHEN age < 120 THEN 0.75 ELSE 0.985 END THEN 'closed'
            ELSE (ARRAY['reported', 'confirmed', 'rectifying', 'in_review'])[1 + floor(4 * pg_temp.chance(n, 13))] END AS state,
       CASE WHEN pg_temp.chance(n, 14) < 0.6 THEN 'self_report' WHEN pg_temp.chance(n, 14) < 0.97 THEN 'inspection'
            ELSE 'verified_tip' END AS channel,
       CASE WHEN pg_temp.chance(n, 15) < 0.03 THEN 'major' ELSE 'general' END AS grade
  FROM (SELECT n,
               current_setting('million.now')::timestamptz - age * interval '1 day' AS at, age
          FROM (SELECT n, 540.0 * (1 - (n - 0.5) / current_setting('million.hazards')::bigint) AS age
                  FROM generate_series(1, current_setting('million.hazards')::bigint) AS n) AS aged) AS dated
  JOIN seat ON seat.seat = floor(current_setting('million.seats')::integer * power(pg_temp.chance(n, 1), 1.7))
  JOIN firm ON firm.firm = floor(current_setting('million.firms')::integer * power(pg_temp.chance(n, 2), 1.5))
  JOIN fault ON fault.number = floor(current_setting('million.faults')::integer * power(pg_temp.chance(n, 3), 1.3))
  JOIN spot ON spot.number = floor(current_setting('million.spots')::integer * pg_temp.chance(n, 4));
CREATE INDEX ON drawn (n);
ANALYZE drawn;

INSERT INTO hazard (hazard_id, number, county, reference, reference_key, channel, sector, state, enterprise_name,
    enterprise_uscc, place, description, found_on, suggested_grade, township, township_code, grade, responsible_unit,
    deadline_on, overdue, registered_at, reported_at, changed_at, confirmed_at, confirmed_by, submitted_at, submitted_by,
    submission_digest, closed_at, closed_by, closed_post, returned_count, reopened_count, version, head, merged_into,
    merged_into_number, merged_from, merged_at, source_count, first_confirmed_at, first_confirmed_by,
    first_confirmed_post, first_confirmed_grade, task_id, task_number, inspecting_unit, sent_up_to, sent_up_at)
SELECT one.hazard_id, numbers.number, one.county, 'AQ-' || one.n, 'AQ-' || one.n, one.channel, one.sector, one.state,
       one.firm_name, one.uscc, one.spot, one.description,
       (one.at AT TIME ZONE 'Asia/Shanghai')::date,
       CASE WHEN one.grade = 'major' THEN 'major' END,
       one.township_name, one.township, CASE WHEN decided THEN one.grade END, CASE WHEN decided THEN one.unit END,
       CASE WHEN decided THEN (one.at + interval '20 days')::date END,
       decided AND one.state <> 'closed' AND one.at + interval '20 days' < current_setting('million.now')::timestamptz
           AND pg_temp.chance(one.n, 21) < 0.6,
       one.at, one.at, one.at + spread,
       CASE WHEN decided THEN one.at + interval '1 day' END, CASE WHEN decided THEN 'city-regulator' END,
       CASE WHEN submitted THEN one.at + interval '8 days' END, CASE WHEN submitted THEN 'county-' || one.county END,
       CASE WHEN submitted THEN sha256(convert_to(one.n::text, 'UTF8')) END,
       CASE WHEN one.state = 'closed' THEN one.at + interval '9 days' END,
       CASE WHEN one.state = 'closed' THEN 'city-regulator' END,
       CASE WHEN one.state = 'closed' THEN 'city_regulator@emergency_management' END,
       0, 0, CASE one.state WHEN 'reported' THEN 1 WHEN 'confirmed' THEN 2 WHEN 'rectifying' THEN 3 WHEN 'in_review' THEN 4
             WHEN 'closed' THEN 5 ELSE 2 END,
       sha256(convert_to('head' || one.n, 'UTF8')),
       goes_on.hazard_id, goes_on.number, CASE WHEN one.state = 'duplicate' THEN 'reported' END,
       CASE WHEN one.state = 'duplicate' THEN one.at + interval '1 hour' END,
       CASE WHEN one.n % 50 = 49 AND one.n < current_setting('million.hazards')::bigint THEN 1 ELSE 0 END,
       CASE WHEN waits THEN one.at + interval '2 hours' END, CASE WHEN waits THEN 'county-regulator' END,
       CASE WHEN waits THEN 'county_regulator@emergency_management' END, CASE WHEN waits THEN 'general' END,
       CASE WHEN by_task THEN 'task-' || one.n % 50000 END, CASE WHEN by_task THEN 'RW-2026-' || one.n % 50000 END,
       CASE WHEN by_task THEN one.unit END,
       CASE WHEN up THEN 'county' END, CASE WHEN up THEN one.at + interval '3 days' END
  FROM drawn AS one
  CROSS JOIN LATERAL (SELECT one.state NOT IN ('reported', 'rejected', 'duplicate') AS decided,
                             one.state IN ('in_review', 'closed') AS submitted,
                             one.state = 'reported' AND pg_temp.chance(one.n, 22) < 0.2 AS waits,
                             one.channel = 'inspection' AND one.n % 10 = 0 AS by_task,
                             one.state IN ('confirmed', 'rectifying') AND pg_temp.chance(one.n, 23) < 0.05 AS up,
                             pg_temp.chance(one.n, 24) * interval '9 days' AS spread) AS said
  CROSS JOIN LATERAL (SELECT one.county || '-' || extract(year FROM one.at) || '-' || lpad(one.n::text, 6, '0') AS number) AS numbers
  LEFT JOIN (SELECT n, hazard_id, county || '-' || extract(year FROM at) || '-' || lpad(n::text, 6, '0') AS number
               FROM drawn WHERE n % 50 = 49) AS goes_on ON one.state = 'duplicate' AND goes_on.n = one.n - 1
 ORDER BY one.n;

-- What has only been reported has its whole history: one record, sealed as the ledger seals (`history/model.py`).
CREATE FUNCTION pg_temp.part(field bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT int8send(length(field)) || field
$$;
CREATE FUNCTION pg_temp.part(field text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.part(convert_to(field, 'UTF8'))
$$;
INSERT INTO hazard_history (hazard_id, version, event_id, type, time, cause_id, payload, digest)
SELECT hazard_id, 1, event_id, type, time, cause_id, convert_to(payload, 'UTF8'),
       sha256(pg_temp.part('duban-history-1') || pg_temp.part(decode(repeat('00', 32), 'hex')) || pg_temp.part(hazard_id::text)
              || pg_temp.part('1') || pg_temp.part(event_id::text) || pg_temp.part(type) || pg_temp.part(time)
              || pg_temp.part(cause_id) || pg_temp.part(payload))
  FROM (SELECT hazard_id, md5('event' || number)::uuid AS event_id, 'duban.hazard.registered.v1' AS type,
               md5('claim' || number)::uuid::text AS cause_id, said.time,
               jsonb_build_object(
                   'hazard', jsonb_build_object(
                       'hazard_id', hazard_id, 'number', number, 'county', county, 'reference', reference, 'channel', channel,
                       'sector', sector, 'state', state, 'grade', NULL, 'responsible_unit', NULL, 'deadline_on', NULL,
                       'overdue', false, 'township', township_code, 'enterprise_uscc', enterprise_uscc, 'doubts', '[]'::jsonb),
                   'actor', jsonb_build_object('account', 'county-' || county, 'role', 'integrator', 'unit', NULL),
                   'occurred_at', said.time, 'enterprise', jsonb_build_object('name', enterprise_name, 'uscc', enterprise_uscc),
                   'place', place, 'description', description, 'found_on', found_on, 'suggested_grade', suggested_grade,
                   'township', township, 'reported_at', said.time)::text AS payload
          FROM hazard
         CROSS JOIN LATERAL (SELECT to_char(registered_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time) AS said
         WHERE version = 1 AND first_confirmed_at IS NULL) AS reported;
UPDATE hazard SET head = digest FROM hazard_history WHERE hazard_history.hazard_id = hazard.hazard_id;

-- Of what is major and open every fourth is listed; as many were listed once and lifted.
INSERT INTO listing (hazard_id, listing, level, authority, authority_county, document, deadline_on, listed_at, overdue_at,
                     lifted_at, conclusion, county, township, sector, enterprise)
SELECT hazard_id, 1, level, 'safety_committee_office', CASE WHEN level = 'county' THEN county END,
       '晋市安委督〔2026〕' || row_number() OVER (ORDER BY hazard_id) || '号', deadline_on, confirmed_at,
       CASE WHEN overdue AND state <> 'closed' THEN deadline_on::timestamptz END,
       CASE WHEN state = 'closed' THEN closed_at END, CASE WHEN state = 'closed' THEN '已整改到位' END,
       county, township_code, sector, enterprise_uscc
  FROM (SELECT *, CASE WHEN hashtext(number) % 2 = 0 THEN 'city' ELSE 'county' END AS level FROM hazard
         WHERE grade = 'major' AND confirmed_at IS NOT NULL AND hashtext(number) % 4 = 0) AS picked;
UPDATE hazard SET listing_count = 1,
       listing = jsonb_build_object('number', 1, 'level', listing.level, 'authority', listing.authority,
                                    'document', listing.document, 'deadline_on', listing.deadline_on,
                                    'overdue', listing.overdue_at IS NOT NULL)
                 || CASE WHEN authority_county IS NULL THEN '{}' ELSE jsonb_build_object('county', authority_county) END
  FROM listing WHERE listing.hazard_id = hazard.hazard_id AND lifted_at IS NULL;

INSERT INTO look_back (hazard_id, closure, due_on, outcome, done_at, hazard_county, hazard_township, hazard_sector)
SELECT hazard_id, 1, closed_at::date + 90, CASE WHEN done THEN 'passed' END, CASE WHEN done THEN closed_at + interval '80 days' END,
       county, township_code, sector
  FROM (SELECT *, closed_at < current_setting('million.now')::timestamptz - interval '85 days' AS done FROM hazard
         WHERE state = 'closed' AND hashtext(number) % 10 = 0) AS picked;
UPDATE hazard SET looked_back_at = done_at FROM look_back
 WHERE look_back.hazard_id = hazard.hazard_id AND done_at IS NOT NULL AND hashtext(number) % 100 = 0;

INSERT INTO accountability_case (case_number, hazard_id, reason, opened_at, enterprise_name, enterprise_uscc, owner_unit,
                                 reviewer_posts, result, conclusion, concluded_at, hazard_county, hazard_township, hazard_sector)
SELECT 'ZR-' || number, hazard_id, '回头看发现虚假整改', closed_at, enterprise_name, enterprise_uscc, responsible_unit, '',
       CASE WHEN done THEN 'no_fault' END, CASE WHEN done THEN '未发现履职问题' END, CASE WHEN done THEN closed_at END,
       county, township_code, sector
  FROM (SELECT *, hashtext(number) % 8 = 0 AS done FROM hazard WHERE state = 'closed' AND hashtext(number) % 200 = 1) AS picked;

INSERT INTO assignment (assignment_id, document, matter, county, unit, sector, given_by, due_on, state, late, version)
SELECT hazard_id, '督办〔2026〕' || n || '号', description, CASE WHEN n % 3 > 0 THEN county END, unit, sector,
       'safety_committee_office', at::date + 30,
       CASE WHEN at > current_setting('million.now')::timestamptz - interval '60 days' THEN 'open'
            WHEN n % 7 = 0 THEN 'answered' ELSE 'settled' END, n % 11 = 0, 1
  FROM drawn WHERE n % 50 = 7;

INSERT INTO assignment_entry (assignment_id, version, move, at, account, unit, text)
SELECT assignment_id, 1, 'assign', due_on - interval '30 days', 'city-office', given_by, matter FROM assignment;

-- Every sector has had three versions of ten clauses; the newest holds.
INSERT INTO criteria_version (sector, version, title, in_force_on, until_on, loaded_at, loaded_by)
SELECT sector, 'v' || version, sector || '重大事故隐患判定标准', make_date(2017 + 3 * version, 1, 1),
       CASE WHEN version < 3 THEN make_date(2019 + 3 * version, 12, 31) END, current_setting('million.now')::timestamptz, 'city-office'
  FROM (SELECT DISTINCT sector FROM seat) AS sectors CROSS JOIN generate_series(1, 3) AS version;
INSERT INTO criteria_clause (sector, version, place, code, text)
SELECT sector, version, place, 'c' || place, '第' || place || '条' FROM criteria_version CROSS JOIN generate_series(1, 10) AS place;

INSERT INTO referral (referral_id, kind, body, document, matter, county, sector, from_unit, referred_on, recorded_at,
                      recorded_by, replied_on, taken_up, reply, replied_by)
SELECT hazard_id, (ARRAY['crime', 'misconduct', 'enforcement'])[1 + n % 3], '市公安局', '移〔2026〕' || n || '号', description,
       county, sector, unit, at::date, at, 'city-office', CASE WHEN done THEN at::date + 20 END,
       CASE WHEN done THEN true END, CASE WHEN done THEN '已立案' END, CASE WHEN done THEN 'city-office' END
  FROM (SELECT *, at < current_setting('million.now')::timestamptz - interval '30 days' AS done FROM drawn) AS one
 WHERE n % 100 = 9;

INSERT INTO tip (tip_id, number, version, state, channel, county, township, sector, place, content, enterprise_name,
                 enterprise_uscc, unit, answer_due_on, has_reporter, received_at, received_by, decided_at, decided_by,
                 visited_on, hazard_id, hazard_number, answered_at, changed_at)
SELECT hazard_id, 'JB-' || number, 1, CASE WHEN n % 20 = 0 THEN 'received' WHEN kept THEN 'verified' ELSE 'unfounded' END,
       CASE WHEN n % 5 = 0 THEN 'referral' ELSE 'hotline' END, county, township_code, sector, place, description,
       enterprise_name, enterprise_uscc, responsible_unit,
       CASE WHEN n % 5 = 0 THEN (registered_at + interval '15 days')::date END, true, registered_at, 'tip-officer',
       CASE WHEN n % 20 > 0 THEN registered_at END, CASE WHEN n % 20 > 0 THEN 'city-regulator' END,
       CASE WHEN n % 20 > 0 THEN registered_at::date END, CASE WHEN kept THEN hazard_id END,
       CASE WHEN kept THEN number END, CASE WHEN n % 20 > 0 THEN registered_at + interval '3 days' END, registered_at
  FROM (SELECT *, row_number() OVER (ORDER BY hazard_id) AS n, row_number() OVER (ORDER BY hazard_id) % 20 > 5 AS kept
          FROM hazard WHERE channel = 'verified_tip') AS picked;
INSERT INTO reward (reward_id, version, state, tip_id, tip_number, hazard_id, hazard_number, county, township, sector, unit,
                    grade, amount, doubles, decided_by, decided_at, paid_by, paid_on, voucher)
SELECT tip_id, 1, CASE WHEN old THEN 'paid' ELSE 'decided' END, tip_id, number, hazard_id, hazard_number, county, township,
       sector, unit, 'general', 500, '[]', 'tip-officer', changed_at, CASE WHEN old THEN 'city-office' END,
       CASE WHEN old THEN changed_at::date END, CASE WHEN old THEN '凭证' || number END
  FROM (SELECT *, changed_at < current_setting('million.now')::timestamptz - interval '60 days' AS old FROM tip
         WHERE state = 'verified') AS picked;

INSERT INTO inside_report (report_id, number, version, state, enterprise, county, place, content, received_on, has_reporter,
                           code_digest)
SELECT hazard_id, 'NB-' || county || '-2026-' || lpad(n::text, 6, '0'), 1, 'received', uscc, county, spot, description,
       at::date, false, sha256(convert_to('code' || n, 'UTF8'))
  FROM drawn WHERE n % 40 = 3 AND uscc IS NOT NULL;

INSERT INTO rejected_claim (county, topic, partition, "offset", received_at, headers, code, message, rejected_at, reference)
SELECT county, 'county.' || county || '.v1', 0, n, at, '\x90', 'unknown-term', '未知的词条', at, 'AQ-' || n
  FROM drawn WHERE n % 30 = 4 ORDER BY n;
INSERT INTO waiting_claim (county, reference, reference_key, waiting_for, topic, partition, "offset", received_at, value,
                           headers, event_id, source, type)
SELECT county, 'AQ-x' || n, 'AQ-x' || n, 'report', 'county.' || county || '.v1', 0, n, at, '{}', '\x90', 'e-' || n,
       '/county', 'duban.hazard.rectified.v1'
  FROM drawn WHERE n % 1000 = 5 ORDER BY n;

-- Open hazards are met under their keys, and every twentieth looks like the one before it.
INSERT INTO hazard_key (key, hazard_id)
SELECT 'name/' || sector || '/' || county || '/' || enterprise_name, hazard_id FROM hazard
 WHERE state IN ('reported', 'confirmed', 'rectifying', 'in_review');
DELETE FROM uncompared;
INSERT INTO look_alike (hazard_id, other_id, likeness, found_at, county, sector)
SELECT one.hazard_id, other.hazard_id, 0.7, one.at, one.county, one.sector FROM drawn AS one JOIN drawn AS other ON other.n = one.n - 1
 WHERE one.n % 4 = 1 AND NOT ARRAY[one.state, other.state] && ARRAY['closed', 'rejected', 'duplicate'];
INSERT INTO hazard_timeline (event_id, hazard_id, type, occurred_at, payload)
SELECT 'notice-' || n, hazard_id::text, 'duban.notice.issued.v1', at, '{}' FROM drawn WHERE n % 5 = 0;
DROP TABLE drawn;
