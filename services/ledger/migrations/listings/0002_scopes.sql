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
CREATE INDEX listing_of_county ON listing (county, deadline_on, hazard_id, listing);
CREATE INDEX listing_of_township ON listing (township, deadline_on, hazard_id, listing) WHERE township IS NOT NULL;
CREATE INDEX listing_of_sector ON listing (sector, deadline_on, hazard_id, listing);
CREATE INDEX listing_of_enterprise ON listing (enterprise, deadline_on, hazard_id, listing) WHERE enterprise IS NOT NULL;
