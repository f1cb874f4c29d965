-- Nobody acts at both levels of one confirmation; a first level that waits for its second belongs to none yet: who confirmed the
-- hazard alone as major may be the first to find it general. Every row that kept the constraint of 0005 keeps this one.
ALTER TABLE hazard DROP CONSTRAINT hazard_confirmed_by_another;
ALTER TABLE hazard ADD CONSTRAINT hazard_confirmed_by_another CHECK (
    grade IS DISTINCT FROM 'major' OR confirmed_by IS NULL OR confirmed_by IS DISTINCT FROM first_confirmed_by
    OR first_confirmed_grade IS NOT NULL) NOT VALID;

-- Tallied as first confirmed is what waits for its second level, as lists show it: a first level that was used up no longer
-- is, and that of a regrading is. Adds up what is there anew, with the triggers' lock in hand: 2 s at a million hazards.
DROP TRIGGER changed_hazards_are_tallied ON hazard;
CREATE OR REPLACE FUNCTION tally_changed_hazards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hazard_tally_change VALUES
        (NEW.county, NEW.township_code, NEW.sector, NEW.state, NEW.grade, NEW.channel, NEW.responsible_unit, NEW.overdue,
         NEW.listing IS NOT NULL, NEW.first_confirmed_grade IS NOT NULL, NEW.sent_up_to, 1),
        (OLD.county, OLD.township_code, OLD.sector, OLD.state, OLD.grade, OLD.channel, OLD.responsible_unit, OLD.overdue,
         OLD.listing IS NOT NULL, OLD.first_confirmed_grade IS NOT NULL, OLD.sent_up_to, -1);
    RETURN NULL;
END $$;
CREATE TRIGGER changed_hazards_are_tallied AFTER UPDATE ON hazard FOR EACH ROW
    WHEN ((OLD.county, OLD.township_code, OLD.sector, OLD.state, OLD.grade, OLD.channel, OLD.responsible_unit, OLD.overdue,
           OLD.listing IS NULL, OLD.first_confirmed_grade IS NULL, OLD.sent_up_to)
          IS DISTINCT FROM
          (NEW.county, NEW.township_code, NEW.sector, NEW.state, NEW.grade, NEW.channel, NEW.responsible_unit, NEW.overdue,
           NEW.listing IS NULL, NEW.first_confirmed_grade IS NULL, NEW.sent_up_to))
    EXECUTE FUNCTION tally_changed_hazards();
CREATE OR REPLACE FUNCTION tally_new_hazards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hazard_tally_change
    SELECT county, township_code, sector, state, grade, channel, responsible_unit, overdue, listing IS NOT NULL,
           first_confirmed_grade IS NOT NULL, sent_up_to, 1 FROM new_hazard;
    INSERT INTO hazard_unread SELECT hazard_id FROM new_hazard ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
TRUNCATE hazard_tally, hazard_tally_of_township, hazard_tally_change;
INSERT INTO hazard_tally_change
SELECT county, township_code, sector, state, grade, channel, responsible_unit, overdue, listing IS NOT NULL,
       first_confirmed_grade IS NOT NULL, sent_up_to, count(*)
  FROM hazard GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
