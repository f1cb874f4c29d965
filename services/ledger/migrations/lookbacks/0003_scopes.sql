-- Whose a look-back is, repeated from its hazard: nothing changes that once a hazard is confirmed, and a scope's list reads
-- its own rows instead of every look-back's hazard. Called otherwise than there: the release before joins the two and says
-- only `county`. Takes the table's lock: 2 s at a hundred thousand of them.
ALTER TABLE look_back ADD COLUMN hazard_county   text,
                      ADD COLUMN hazard_township text,
                      ADD COLUMN hazard_sector   text;
UPDATE look_back SET hazard_county = hazard.county, hazard_township = hazard.township_code, hazard_sector = hazard.sector
  FROM hazard WHERE hazard.hazard_id = look_back.hazard_id;
ALTER TABLE look_back ALTER COLUMN hazard_county SET NOT NULL, ALTER COLUMN hazard_sector SET NOT NULL;
-- The release before doesn't name them, and runs on these tables, too: what it writes is completed. Goes a release later.
CREATE FUNCTION say_whose_look_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT county, township_code, sector INTO NEW.hazard_county, NEW.hazard_township, NEW.hazard_sector
      FROM hazard WHERE hazard_id = NEW.hazard_id;
    RETURN NEW;
END $$;
CREATE TRIGGER look_back_says_whose BEFORE INSERT ON look_back FOR EACH ROW
    WHEN (NEW.hazard_county IS NULL) EXECUTE FUNCTION say_whose_look_back();
