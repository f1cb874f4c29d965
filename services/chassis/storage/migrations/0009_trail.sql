-- Who did what, when, from where, on what, and how it ended (SY66). In a schema of its own, so that whoever owns the
-- database does not own this: services/chassis/trail/keeping.py gives it to another role and leaves the service
-- INSERT and SELECT. From then on a change of these tables is made as that role.
CREATE SCHEMA trail;

CREATE TABLE trail.act (
    position bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Wall time: when the request came, or when the first of several alike did.
    at       timestamptz NOT NULL,
    -- Opaque; no row names a person.
    account  text,
    role     text,
    -- The client's address, or topic/partition@offset-offset.
    source   text,
    action   text        NOT NULL,
    method   text,
    route    text,
    objects  text[]      NOT NULL DEFAULT '{}',
    -- Ids of the events that say what changed.
    events   text[]      NOT NULL DEFAULT '{}',
    outcome  text        NOT NULL CHECK (outcome IN ('done', 'read', 'repeated', 'refused', 'failed', 'noted')),
    status   integer,
    code     text,
    reason   text,
    times    integer     NOT NULL DEFAULT 1 CHECK (times >= 1),
    trace    text
);
CREATE INDEX act_by_time ON trail.act (at, position);
CREATE INDEX act_by_account ON trail.act (account, at, position);
CREATE INDEX act_by_object ON trail.act USING gin (objects);

-- Rows that no seal holds yet. A sealed row leaves it, so only this table loses rows.
CREATE TABLE trail.unsealed (position bigint PRIMARY KEY);
ALTER TABLE trail.unsealed SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The chain: each seal holds the digests of the rows that came since the one before, and the digest of that.
CREATE TABLE trail.seal (
    number    bigint      PRIMARY KEY CHECK (number >= 1),
    previous  bytea       NOT NULL CHECK (length(previous) = 32),
    sealed_at timestamptz NOT NULL,
    positions bigint[]    NOT NULL CHECK (cardinality(positions) >= 1),
    digests   bytea       NOT NULL CHECK (length(digests) = 32 * cardinality(positions)),
    digest    bytea       NOT NULL CHECK (length(digest) = 32)
);

-- Where the chain begins after the oldest of it was pruned: the last seal that went.
CREATE TABLE trail.anchor (
    number    bigint      PRIMARY KEY CHECK (number >= 1),
    digest    bytea       NOT NULL CHECK (length(digest) = 32),
    sealed_at timestamptz NOT NULL,
    pruned_at timestamptz NOT NULL,
    pruned_by text        NOT NULL
);

-- Against the owner's own hand slipping; whoever can drop this shows in the chain. 366 days are the least: the law's year,
-- also when it is a leap year.
CREATE FUNCTION trail.stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'act' THEN
        IF OLD.at < now() - interval '366 days' THEN RETURN OLD; END IF;
    ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'seal' THEN
        IF OLD.sealed_at < now() - interval '366 days' THEN RETURN OLD; END IF;
    END IF;
    RAISE EXCEPTION 'the trail is append-only: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER act_stays BEFORE UPDATE OR DELETE ON trail.act FOR EACH ROW EXECUTE FUNCTION trail.stays();
CREATE TRIGGER act_is_not_emptied BEFORE TRUNCATE ON trail.act FOR EACH STATEMENT EXECUTE FUNCTION trail.stays();
CREATE TRIGGER seal_stays BEFORE UPDATE OR DELETE ON trail.seal FOR EACH ROW EXECUTE FUNCTION trail.stays();
CREATE TRIGGER seal_is_not_emptied BEFORE TRUNCATE ON trail.seal FOR EACH STATEMENT EXECUTE FUNCTION trail.stays();
CREATE TRIGGER anchor_stays BEFORE UPDATE OR DELETE ON trail.anchor FOR EACH ROW EXECUTE FUNCTION trail.stays();
CREATE TRIGGER anchor_is_not_emptied BEFORE TRUNCATE ON trail.anchor FOR EACH STATEMENT EXECUTE FUNCTION trail.stays();
