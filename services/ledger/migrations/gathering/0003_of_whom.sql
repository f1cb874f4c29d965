-- Whose a pair is, repeated from its hazards, which are of one county and one sector: a scope's list reads its own pairs.
-- Whoever's hazard is corrected is compared, and written, anew. Takes the table's lock; pairs are of open hazards only.
ALTER TABLE look_alike ADD COLUMN county text,
                       ADD COLUMN sector text;
UPDATE look_alike SET county = hazard.county, sector = hazard.sector
  FROM hazard WHERE hazard.hazard_id = look_alike.hazard_id;
ALTER TABLE look_alike ALTER COLUMN county SET NOT NULL, ALTER COLUMN sector SET NOT NULL;
-- The release before doesn't name them, and runs on these tables, too: what it writes is completed. Goes a release later.
CREATE FUNCTION say_whose_pair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT county, sector INTO NEW.county, NEW.sector
      FROM hazard WHERE hazard_id = NEW.hazard_id;
    RETURN NEW;
END $$;
CREATE TRIGGER look_alike_says_whose BEFORE INSERT ON look_alike FOR EACH ROW
    WHEN (NEW.county IS NULL) EXECUTE FUNCTION say_whose_pair();
