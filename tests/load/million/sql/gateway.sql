-- Receipts: of every second hazard the report was sent through the gateway and answered; and what every county was told.
INSERT INTO receipt (receipt_id, county, event_id, source, type, reference, content_digest, status, outcome, hazard_id, number,
                     queued_at, answered_at, reserved_at, origin, code, message)
SELECT md5('receipt' || n)::uuid, seat.county, 'e-' || n, '/county/' || seat.county, 'duban.hazard.reported.v1', 'AQ-' || n,
       sha256(convert_to(n::text, 'UTF8')), status, CASE status WHEN 'recorded' THEN 'applied' END,
       CASE status WHEN 'recorded' THEN md5(n::text)::uuid::text END,
       CASE status WHEN 'recorded' THEN seat.county || '-2026-' || lpad(n::text, 6, '0') END, at,
       CASE WHEN status <> 'queued' THEN at END, at,
       CASE WHEN status <> 'queued' THEN 'county.' || seat.county || '.v1/0/' || n END,
       CASE status WHEN 'rejected' THEN 'unknown-term' END, CASE status WHEN 'rejected' THEN '未知的词条' END
  FROM generate_series(1, current_setting('million.hazards')::bigint / 2) AS n
  CROSS JOIN LATERAL (SELECT current_setting('million.now')::timestamptz
                             - (current_setting('million.hazards')::bigint / 2 - n) * interval '30 seconds' AS at,
                             CASE WHEN hashint8(n) % 1000 = 0 THEN 'queued' WHEN hashint8(n) % 50 = 1 THEN 'rejected'
                                  ELSE 'recorded' END AS status) AS said
  JOIN seat ON seat.seat = n % current_setting('million.seats')::integer
 ORDER BY n;
INSERT INTO feed_end (county, last) SELECT county, 0 FROM seat GROUP BY county;
INSERT INTO feed (county, position, event)
SELECT county, row_number() OVER (PARTITION BY county ORDER BY position), '{"specversion": "1.0"}' FROM receipt
 WHERE status <> 'queued';
UPDATE feed_end SET last = ended.last FROM (SELECT county, max(position) AS last FROM feed GROUP BY county) AS ended
 WHERE ended.county = feed_end.county;
