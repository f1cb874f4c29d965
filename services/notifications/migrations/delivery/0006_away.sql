-- What a delivery that is to be tried again waits for, where its last attempt found the channel away: how (`unreached`, `unserved`),
-- at which place, and since when (wall time). `early` counts the tries that a channel's return gave it outside its schedule.
ALTER TABLE delivery
    ADD COLUMN away       text,
    ADD COLUMN away_place text,
    ADD COLUMN away_at    timestamptz,
    ADD COLUMN early      integer NOT NULL DEFAULT 0;
