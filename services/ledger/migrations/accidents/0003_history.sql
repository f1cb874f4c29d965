-- What happens to an accident stands in the ledger's one history, too: chained, exported and under the signed checkpoints as what
-- happens to a hazard. `hazard_history.hazard_id` is the id of the hazard, or of the accident, that the record is about.
ALTER TABLE hazard_history DROP CONSTRAINT hazard_history_hazard_id_fkey;
-- A record is read by whoever sees the hazard, or the accident (chassis/0013_walls.sql).
CALL wall_where('hazard_history',
    'EXISTS (SELECT FROM hazard WHERE hazard.hazard_id = hazard_history.hazard_id OFFSET 0)'
    || ' OR EXISTS (SELECT FROM accident WHERE accident.accident_id = hazard_history.hazard_id OFFSET 0)');
-- Without the key nothing else keeps a hazard in its place that has a history.
CREATE TRIGGER hazard_stays BEFORE DELETE OR TRUNCATE ON hazard
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER accident_stays BEFORE DELETE OR TRUNCATE ON accident
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
