-- 交办: one row a matter that was given to a unit, the fold of its append-only history.
CREATE TABLE assignment (
    assignment_id   uuid    PRIMARY KEY,
    document        text    NOT NULL,
    matter          text    NOT NULL,
    -- Null: a department of the city was given it, or the city's office gave it.
    county          text    CHECK (county ~ '^[0-9]{6}$'),
    unit            text    NOT NULL,
    sector          text,
    hazard_id       uuid    REFERENCES hazard,
    hazard_number   text,
    given_by        text    NOT NULL,
    given_by_county text    CHECK (given_by_county ~ '^[0-9]{6}$'),
    due_on          date    NOT NULL,
    state           text    NOT NULL CHECK (state IN ('open', 'answered', 'settled')),
    late            boolean NOT NULL,
    version         integer NOT NULL CHECK (version >= 1),
    CONSTRAINT assignment_hazard_whole CHECK (num_nonnulls(hazard_id, hazard_number) IN (0, 2))
);
CREATE INDEX assignment_by_day ON assignment (due_on, assignment_id);
-- The leaders' list costs what is owed, not what was ever given.
CREATE INDEX assignment_owed ON assignment (due_on, assignment_id) WHERE state = 'open';

CREATE TABLE assignment_entry (
    assignment_id uuid        NOT NULL REFERENCES assignment,
    version       integer     NOT NULL CHECK (version >= 1),
    move          text        NOT NULL,
    at            timestamptz NOT NULL,
    account       text        NOT NULL,
    unit          text,
    text          text        NOT NULL,
    PRIMARY KEY (assignment_id, version)
);
CREATE TRIGGER assignment_entry_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON assignment_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
