-- Whose a case is, repeated from its hazard: nothing changes that once a hazard is confirmed, and a scope's list reads its own
-- rows instead of every case's hazard. Takes the table's lock; cases are few.
ALTER TABLE accountability_case ADD COLUMN county   text,
                                ADD COLUMN township text,
                                ADD COLUMN sector   text;
UPDATE accountability_case
   SET county = hazard.county, township = hazard.township_code, sector = hazard.sector
  FROM hazard WHERE hazard.hazard_id = accountability_case.hazard_id;
ALTER TABLE accountability_case ALTER COLUMN county SET NOT NULL, ALTER COLUMN sector SET NOT NULL;
CREATE INDEX accountability_case_of_county ON accountability_case (county, case_number);
CREATE INDEX accountability_case_of_sector ON accountability_case (sector, case_number);
