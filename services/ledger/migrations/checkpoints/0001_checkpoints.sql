-- The tree over all of history, in tiles of 256 hashes (C2SP tlog-tiles): a tile grows at its end until it is full.
CREATE TABLE checkpoint_tile (
    level          integer NOT NULL CHECK (level BETWEEN 0 AND 7),
    number         bigint  NOT NULL CHECK (number >= 0),
    hashes         bytea   NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    -- Of level 0: the history's positions of its first and its last leaf.
    first_position bigint,
    last_position  bigint,
    PRIMARY KEY (level, number),
    CONSTRAINT checkpoint_tile_of_leaves_has_positions CHECK (
        num_nonnulls(first_position, last_position) = CASE WHEN level = 0 THEN 2 ELSE 0 END)
);
-- Which leaf a record is: the tile that begins at or before it, and the records between.
CREATE UNIQUE INDEX checkpoint_tile_by_position ON checkpoint_tile (first_position) WHERE level = 0;
-- Hashes don't shrink by compression.
ALTER TABLE checkpoint_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- What was signed, and first of all what is going to be: one root a size, for good.
CREATE TABLE checkpoint (
    size      bigint      PRIMARY KEY CHECK (size >= 1),
    root      bytea       NOT NULL CHECK (length(root) = 32),
    -- Domain time.
    signed_at timestamptz,
    note      text,
    CONSTRAINT checkpoint_signed_whole CHECK (num_nonnulls(signed_at, note) <> 1)
);
-- The next one is made when this one is signed.
CREATE UNIQUE INDEX checkpoint_one_unsigned ON checkpoint ((true)) WHERE note IS NULL;

CREATE FUNCTION refuse_to_regrow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.level, NEW.number) <> (OLD.level, OLD.number) OR NEW.first_position IS DISTINCT FROM OLD.first_position
       OR substring(NEW.hashes FOR length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows at its end' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checkpoint_tile_only_grows BEFORE UPDATE ON checkpoint_tile
    FOR EACH ROW EXECUTE FUNCTION refuse_to_regrow();
CREATE TRIGGER checkpoint_tile_stays BEFORE DELETE OR TRUNCATE ON checkpoint_tile
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

CREATE FUNCTION refuse_to_sign_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.size, NEW.root) <> (OLD.size, OLD.root) OR OLD.note IS NOT NULL THEN
        RAISE EXCEPTION 'a checkpoint is signed once, as it was stored' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checkpoint_is_signed_once BEFORE UPDATE ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION refuse_to_sign_again();
CREATE TRIGGER checkpoint_stays BEFORE DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
