-- Whose a look-back is, repeated from its hazard: nothing changes that once a hazard is confirmed, and a scope's list reads
-- its own rows instead of every look-back's hazard. Takes the table's lock: 2 s at a hundred thousand of them.
ALTER TABLE look_back ADD COLUMN county   text,
                      ADD COLUMN township text,
                      ADD COLUMN sector   text;
UPDATE look_back SET county = hazard.county, township = hazard.township_code, sector = hazard.sector
  FROM hazard WHERE hazard.hazard_id = look_back.hazard_id;
ALTER TABLE look_back ALTER COLUMN county SET NOT NULL, ALTER COLUMN sector SET NOT NULL;
CREATE INDEX look_back_of_county ON look_back (county, due_on, hazard_id, closure);
CREATE INDEX look_back_of_township ON look_back (township, due_on, hazard_id, closure) WHERE township IS NOT NULL;
CREATE INDEX look_back_of_sector ON look_back (sector, due_on, hazard_id, closure);
