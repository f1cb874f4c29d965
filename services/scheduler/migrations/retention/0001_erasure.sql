-- What was erased because the time for which it had to be kept is over: when, by whom and why, and nothing about the persons
-- themselves. Rows are never changed: a code that stood for somebody stands for nobody else later.
CREATE TABLE erasure (
    kind       text        NOT NULL CHECK (kind IN ('training', 'expert')),
    subject_id text        NOT NULL,
    persons    integer     NOT NULL CHECK (persons >= 0),
    ended_on   date        NOT NULL,
    erased_at  timestamptz NOT NULL,
    erased_by  text        NOT NULL,
    reason     text        NOT NULL,
    PRIMARY KEY (kind, subject_id)
);
CREATE FUNCTION refuse_to_rewrite_erasures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER erasure_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_erasures();
