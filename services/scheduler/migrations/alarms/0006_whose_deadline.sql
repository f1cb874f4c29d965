-- Whose a hazard's deadline is, repeated from its clock: nothing changes that once a hazard is confirmed, and a scope's list reads
-- its own rows instead of every deadline's clock. By names of their own: the release before joins both tables.
ALTER TABLE alarm ADD COLUMN of_county   text,
                  ADD COLUMN of_township text,
                  ADD COLUMN of_sector   text;
-- Whoever writes alarms knows their subjects alone, and the release before doesn't know the columns: what is written is completed.
CREATE FUNCTION say_whose_deadline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT county, township, sector INTO NEW.of_county, NEW.of_township, NEW.of_sector
      FROM hazard_clock WHERE hazard_id = NEW.subject_id;
    RETURN NEW;
END $$;
CREATE TRIGGER deadlines_say_whose BEFORE INSERT ON alarm FOR EACH ROW
    WHEN (NEW.subject_kind = 'hazard' AND NEW.kind = 'overdue') EXECUTE FUNCTION say_whose_deadline();

-- Completes those of before, a batch a transaction, so that nobody waits long. Clocks are locked in the order in which the
-- consumer locks them, before their alarms, as it does.
CREATE PROCEDURE say_whose_deadlines() LANGUAGE plpgsql AS $$
DECLARE
    last  text := '';
    batch text[];
BEGIN
    LOOP
        batch := ARRAY(SELECT hazard_id FROM hazard_clock WHERE hazard_id > last ORDER BY hazard_id LIMIT 2000 FOR UPDATE);
        EXIT WHEN cardinality(batch) = 0;
        UPDATE alarm SET of_county = clock.county, of_township = clock.township, of_sector = clock.sector
          FROM hazard_clock AS clock
         WHERE clock.hazard_id = ANY (batch) AND subject_kind = 'hazard' AND subject_id = clock.hazard_id AND kind = 'overdue'
           AND of_county IS NULL;
        last := batch[cardinality(batch)];
        COMMIT;
    END LOOP;
END $$;
