-- Whose a pair is, repeated from its hazards, which are of one county and one sector: a scope's list reads its own pairs.
-- Whoever's hazard is corrected is compared, and written, anew. Takes the table's lock; pairs are of open hazards only.
ALTER TABLE look_alike ADD COLUMN county text,
                       ADD COLUMN sector text;
UPDATE look_alike SET county = hazard.county, sector = hazard.sector
  FROM hazard WHERE hazard.hazard_id = look_alike.hazard_id;
ALTER TABLE look_alike ALTER COLUMN county SET NOT NULL, ALTER COLUMN sector SET NOT NULL;
CREATE INDEX look_alike_of_county ON look_alike (county, hazard_id, other_id);
CREATE INDEX look_alike_of_sector ON look_alike (sector, hazard_id, other_id);
