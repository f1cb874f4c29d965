-- What is met is met within a sector. Each key says it behind what it is: `name/<sector>/<county>/…`.
UPDATE hazard_key SET key = split_part(key, '/', 1) || '/' || sector || substr(key, strpos(key, '/'))
  FROM hazard WHERE hazard.hazard_id = hazard_key.hazard_id;
