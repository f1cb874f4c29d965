-- What happens to an accident stands in the ledger's one history, too: chained, exported and under the signed checkpoints as what
-- happens to a hazard. `hazard_history.hazard_id` is the id of the hazard, or of the accident, that the record is about.

-- In the order in which writers come to these tables, and before anything else: DROP CONSTRAINT would lock the history first, and
-- stand against every writer that holds its hazard and is about to write what happened to it.
LOCK TABLE hazard, accident, hazard_history IN ACCESS EXCLUSIVE MODE;
ALTER TABLE hazard_history DROP CONSTRAINT hazard_history_hazard_id_fkey;
-- A record is read by whoever sees the hazard, or the accident (chassis/0013_walls.sql).
CALL wall_where('hazard_history',
    'EXISTS (SELECT FROM hazard WHERE hazard.hazard_id = hazard_history.hazard_id OFFSET 0)'
    || ' OR EXISTS (SELECT FROM accident WHERE accident.accident_id = hazard_history.hazard_id OFFSET 0)');

-- What the key guaranteed. Hazards and accidents stay, and keep their ids ...
CREATE TRIGGER hazard_stays BEFORE DELETE OR TRUNCATE ON hazard
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER hazard_keeps_its_id BEFORE UPDATE OF hazard_id ON hazard
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER accident_stays BEFORE DELETE OR TRUNCATE ON accident
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER accident_keeps_its_id BEFORE UPDATE OF accident_id ON accident
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

-- ... and a record is about one that is there. Once a statement: 25 µs for one record and 3.4 µs each for a hundred, where the key
-- cost 16 and 5.4 (PostgreSQL 18, 50,000 hazards).
CREATE FUNCTION refuse_history_of_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- OFFSET 0 has each looked up by its key, whatever PostgreSQL knew of the tables when it planned this.
    IF EXISTS (
        SELECT FROM added
         WHERE NOT EXISTS (SELECT FROM hazard WHERE hazard.hazard_id = added.hazard_id OFFSET 0)
           AND NOT EXISTS (SELECT FROM accident WHERE accident.accident_id = added.hazard_id OFFSET 0))
    THEN
        RAISE EXCEPTION 'a record of history is about a hazard or an accident that is there'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER hazard_history_is_about_something AFTER INSERT ON hazard_history REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_of_nothing();
