-- What is met is met within a sector. Each key says it behind what it is: `name/<sector>/<county>/…`.
UPDATE hazard_key SET key = split_part(key, '/', 1) || '/' || sector || substr(key, strpos(key, '/'))
  FROM hazard WHERE hazard.hazard_id = hazard_key.hazard_id;
-- By the enterprise's code reports meet anywhere, for people who see more than a county, and from here on within the county,
-- too: what other counties report of the same enterprise would crowd the county's own out.
INSERT INTO hazard_key
SELECT 'uscc/' || sector || '/' || county || '/' || enterprise_uscc, hazard_id
  FROM hazard_key JOIN hazard USING (hazard_id) WHERE starts_with(key, 'uscc/')
    ON CONFLICT DO NOTHING;
