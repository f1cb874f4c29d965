-- Counts of hazards cost what there is to tell apart, not how many hazards there are: `hazard_tally` holds how many stand
-- alike, `hazard_tally_change` what has changed since it was last added up. Whoever counts adds both. Writers only insert
-- there, so that no two wait for each other; triggers do it, so that no way into the table is forgotten.
-- Adds up what is there with the triggers' lock in hand: 2 s at a million hazards, while nothing is written.
CREATE TABLE hazard_tally_change (
    county           text    NOT NULL,
    township_code    text,
    sector           text    NOT NULL,
    state            text    NOT NULL,
    grade            text,
    channel          text    NOT NULL,
    responsible_unit text,
    overdue          boolean NOT NULL,
    listed           boolean NOT NULL,
    first_confirmed  boolean NOT NULL,
    sent_up_to       text,
    hazards          bigint  NOT NULL
);
-- The same, added up: of all townships together, and of each.
CREATE TABLE hazard_tally (
    county           text    NOT NULL,
    sector           text    NOT NULL,
    state            text    NOT NULL,
    grade            text,
    channel          text    NOT NULL,
    responsible_unit text,
    overdue          boolean NOT NULL,
    listed           boolean NOT NULL,
    first_confirmed  boolean NOT NULL,
    sent_up_to       text,
    hazards          bigint  NOT NULL,
    CONSTRAINT hazard_tally_one_each UNIQUE NULLS NOT DISTINCT (
        county, sector, state, grade, channel, responsible_unit, overdue, listed, first_confirmed, sent_up_to)
) WITH (fillfactor = 70);
CREATE TABLE hazard_tally_of_township (
    township_code    text    NOT NULL,
    county           text    NOT NULL,
    sector           text    NOT NULL,
    state            text    NOT NULL,
    grade            text,
    channel          text    NOT NULL,
    responsible_unit text,
    overdue          boolean NOT NULL,
    listed           boolean NOT NULL,
    first_confirmed  boolean NOT NULL,
    sent_up_to       text,
    hazards          bigint  NOT NULL,
    CONSTRAINT hazard_tally_of_township_one_each UNIQUE NULLS NOT DISTINCT (
        township_code, county, sector, state, grade, channel, responsible_unit, overdue, listed, first_confirmed, sent_up_to)
) WITH (fillfactor = 70);

CREATE FUNCTION tally_new_hazards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hazard_tally_change
    SELECT county, township_code, sector, state, grade, channel, responsible_unit, overdue, listing IS NOT NULL,
           first_confirmed_at IS NOT NULL, sent_up_to, count(*)
      FROM new_hazard GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
    RETURN NULL;
END $$;
CREATE FUNCTION tally_changed_hazards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hazard_tally_change
    SELECT county, township_code, sector, state, grade, channel, responsible_unit, overdue, listing IS NOT NULL,
           first_confirmed_at IS NOT NULL, sent_up_to, sum(hazards)
      FROM (SELECT *, 1 AS hazards FROM new_hazard UNION ALL SELECT *, -1 FROM old_hazard) AS each
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 HAVING sum(hazards) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER new_hazards_are_tallied AFTER INSERT ON hazard REFERENCING NEW TABLE AS new_hazard
    FOR EACH STATEMENT EXECUTE FUNCTION tally_new_hazards();
CREATE TRIGGER changed_hazards_are_tallied AFTER UPDATE ON hazard REFERENCING OLD TABLE AS old_hazard NEW TABLE AS new_hazard
    FOR EACH STATEMENT EXECUTE FUNCTION tally_changed_hazards();

INSERT INTO hazard_tally_change
SELECT county, township_code, sector, state, grade, channel, responsible_unit, overdue, listing IS NOT NULL,
       first_confirmed_at IS NOT NULL, sent_up_to, count(*)
  FROM hazard GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
