-- The vault: in a database of its own, whose owner is whoever provisions it. The service's role gets what it needs and no
-- more (services/ledger/vault/tables/schema.py), so that a look-up, once recorded, can't be taken away by the service.
CREATE TABLE sealed_identity (
    subject_id    uuid        PRIMARY KEY,
    -- Of which kind of thing the subject is, in the words of the slice that sealed it.
    kind          text        NOT NULL,
    -- Sealed the identity under a key of the record's own, which the key `key_id` wraps.
    algorithm     text        NOT NULL,
    key_id        text,
    key_algorithm text,
    wrapped_key   bytea,
    sealed        bytea,
    sealed_at     timestamptz NOT NULL,
    -- The tombstone: that there was an identity, when it went and why.
    erased_at     timestamptz,
    erased_for    text        CHECK (erased_for IN ('retention', 'unclaimed')),
    CONSTRAINT sealed_whole_or_erased_whole CHECK (
        CASE WHEN erased_at IS NULL
             THEN erased_for IS NULL AND num_nulls(key_id, key_algorithm, wrapped_key, sealed) = 0
             ELSE erased_for IS NOT NULL AND num_nonnulls(key_id, key_algorithm, wrapped_key, sealed) = 0 END)
);
-- Rotation looks for what is not under the active key, the sweep for what is recent.
CREATE INDEX sealed_identity_by_key ON sealed_identity (key_id, subject_id) WHERE erased_at IS NULL;
CREATE INDEX sealed_identity_by_age ON sealed_identity (kind, sealed_at) WHERE erased_at IS NULL;

-- By what the same person is recognised: HMAC-SHA-256 of a phone or an identity number under the index key.
CREATE TABLE blind_index (
    subject_id uuid  NOT NULL REFERENCES sealed_identity,
    identifier text  NOT NULL CHECK (identifier IN ('phone', 'id_number')),
    digest     bytea NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (subject_id, identifier)
);
CREATE INDEX blind_index_same_person ON blind_index (digest, identifier);

-- Every look-up, from the asking on. Rows are added and never changed: the service's role has no right to.
CREATE TABLE lookup (
    lookup_id     uuid        PRIMARY KEY,
    subject_id    uuid        NOT NULL REFERENCES sealed_identity,
    number        text        NOT NULL,
    county        text        NOT NULL,
    township      text,
    sector        text        NOT NULL,
    reason        text        NOT NULL
        CHECK (reason IN ('verification', 'result', 'reward', 'protection', 'judicial')),
    note          text        NOT NULL,
    needs_release boolean     NOT NULL,
    asked_by      text        NOT NULL,
    asked_at      timestamptz NOT NULL
);
CREATE INDEX lookup_of_subject ON lookup (subject_id);

CREATE TABLE lookup_step (
    lookup_id uuid        NOT NULL REFERENCES lookup,
    step      text        NOT NULL CHECK (step IN ('released', 'read')),
    account   text        NOT NULL,
    at        timestamptz NOT NULL
);
CREATE INDEX lookup_step_of_lookup ON lookup_step (lookup_id);
CREATE UNIQUE INDEX lookup_step_one_release ON lookup_step (lookup_id) WHERE step = 'released';

-- Against the owner's own hand slipping; whoever can drop this can do anything.
CREATE FUNCTION lookups_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'look-ups are append-only';
END $$;
CREATE TRIGGER lookup_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON lookup
    FOR EACH STATEMENT EXECUTE FUNCTION lookups_stay();
CREATE TRIGGER lookup_step_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON lookup_step
    FOR EACH STATEMENT EXECUTE FUNCTION lookups_stay();
