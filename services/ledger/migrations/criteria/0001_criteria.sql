-- Criteria by which hazards are major: versions and their clauses, loaded whole and never changed.
CREATE TABLE criteria_version (
    sector      text        NOT NULL,
    version     text        NOT NULL,
    title       text        NOT NULL,
    document    text,
    in_force_on date        NOT NULL,
    until_on    date        CHECK (until_on >= in_force_on),
    loaded_at   timestamptz NOT NULL,
    loaded_by   text        NOT NULL,
    PRIMARY KEY (sector, version),
    -- Of two versions that begin on one day nobody could say which holds.
    CONSTRAINT criteria_version_one_begins_a_day UNIQUE (sector, in_force_on)
);
CREATE TABLE criteria_clause (
    sector   text    NOT NULL,
    version  text    NOT NULL,
    place    integer NOT NULL CHECK (place >= 1),
    code     text    NOT NULL,
    text     text    NOT NULL,
    PRIMARY KEY (sector, version, code),
    UNIQUE (sector, version, place),
    FOREIGN KEY (sector, version) REFERENCES criteria_version
);
-- What was decided by a clause stays readable as it was.
CREATE FUNCTION refuse_to_change_criteria() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of criteria is never changed: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER criteria_version_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON criteria_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_criteria();
CREATE TRIGGER criteria_clause_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON criteria_clause
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_criteria();
