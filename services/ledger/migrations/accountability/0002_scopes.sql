-- Whose a case is, repeated from its hazard: nothing changes that once a hazard is confirmed, and a scope's list reads its own
-- rows instead of every case's hazard. Called otherwise than there: the release before joins the two and says only `county`.
-- Takes the table's lock; cases are few.
ALTER TABLE accountability_case ADD COLUMN hazard_county   text,
                                ADD COLUMN hazard_township text,
                                ADD COLUMN hazard_sector   text;
UPDATE accountability_case
   SET hazard_county = hazard.county, hazard_township = hazard.township_code, hazard_sector = hazard.sector
  FROM hazard WHERE hazard.hazard_id = accountability_case.hazard_id;
ALTER TABLE accountability_case ALTER COLUMN hazard_county SET NOT NULL, ALTER COLUMN hazard_sector SET NOT NULL;
-- The release before doesn't name them, and runs on these tables, too: what it writes is completed. Goes a release later.
CREATE FUNCTION say_whose_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT county, township_code, sector INTO NEW.hazard_county, NEW.hazard_township, NEW.hazard_sector
      FROM hazard WHERE hazard_id = NEW.hazard_id;
    RETURN NEW;
END $$;
CREATE TRIGGER accountability_case_says_whose BEFORE INSERT ON accountability_case FOR EACH ROW
    WHEN (NEW.hazard_county IS NULL) EXECUTE FUNCTION say_whose_case();
