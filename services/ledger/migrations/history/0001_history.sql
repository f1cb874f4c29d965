-- replaces: service/0001_ledger.sql
-- History: append-only, chained per hazard. `payload` holds the bytes that were published.
-- In production the service's own role should not own this table: see README, "Who may write history".
CREATE TABLE hazard_history (
    position   bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    hazard_id  uuid    NOT NULL REFERENCES hazard,
    version    integer NOT NULL CHECK (version >= 1),
    event_id   uuid    NOT NULL UNIQUE,
    type       text    NOT NULL,
    -- The RFC 3339 text under the digest; text, so that no rendering of a timestamp can break the chain.
    time       text    NOT NULL,
    cause_id   text    NOT NULL,
    payload    bytea   NOT NULL,
    digest     bytea   NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (hazard_id, version)
);

CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER hazard_history_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON hazard_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
