-- Whose a listing is, repeated from its hazard: nothing changes that once a hazard is confirmed, and a scope's list reads its
-- own rows instead of every listing's hazard. Takes the table's lock; listings are few.
ALTER TABLE listing ADD COLUMN county     text,
                    ADD COLUMN township   text,
                    ADD COLUMN sector     text,
                    ADD COLUMN enterprise text;
UPDATE listing
   SET county = hazard.county, township = hazard.township_code, sector = hazard.sector, enterprise = hazard.enterprise_uscc
  FROM hazard WHERE hazard.hazard_id = listing.hazard_id;
ALTER TABLE listing ALTER COLUMN county SET NOT NULL, ALTER COLUMN sector SET NOT NULL;
-- The release before doesn't name them, and runs on these tables, too: what it writes is completed. Goes a release later.
CREATE FUNCTION say_whose_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT county, township_code, sector, enterprise_uscc INTO NEW.county, NEW.township, NEW.sector, NEW.enterprise
      FROM hazard WHERE hazard_id = NEW.hazard_id;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_says_whose BEFORE INSERT ON listing FOR EACH ROW
    WHEN (NEW.county IS NULL) EXECUTE FUNCTION say_whose_listing();
