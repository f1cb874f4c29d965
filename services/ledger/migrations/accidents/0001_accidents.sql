-- 事故: one row for each accident, the fold of its append-only history. People are counted, never named.
CREATE TABLE accident (
    accident_id      uuid    PRIMARY KEY,
    number           text    NOT NULL UNIQUE,
    county           text    NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    sector           text    NOT NULL,
    enterprise_name  text    NOT NULL,
    enterprise_uscc  text,
    place            text    NOT NULL,
    happened_on      date    NOT NULL,
    grade            text    NOT NULL CHECK (grade IN ('general', 'larger', 'major', 'extreme')),
    deaths           integer NOT NULL CHECK (deaths >= 0),
    serious_injuries integer NOT NULL CHECK (serious_injuries >= 0),
    course           text    NOT NULL,
    state            text    NOT NULL CHECK (state IN ('investigated', 'closed', 'evaluated')),
    look_back_on     date,
    document         text,
    closed_by        text,
    version          integer NOT NULL CHECK (version >= 1),
    CONSTRAINT accident_closed_has_look_back
        CHECK (num_nonnulls(look_back_on, document, closed_by) = CASE state WHEN 'investigated' THEN 0 ELSE 3 END)
);
CREATE INDEX accident_by_day ON accident (happened_on, accident_id);
-- The list of what is late costs what is owed, not what ever happened.
CREATE INDEX accident_to_evaluate ON accident (look_back_on, accident_id) WHERE state = 'closed';

CREATE TABLE accident_measure (
    accident_id   uuid    NOT NULL REFERENCES accident,
    number        integer NOT NULL CHECK (number >= 1),
    measure       text    NOT NULL,
    unit          text    NOT NULL,
    post          text    NOT NULL,
    deadline_on   date    NOT NULL,
    state         text    NOT NULL CHECK (state IN ('open', 'done', 'verified')),
    hazard_id     uuid    REFERENCES hazard,
    hazard_number text,
    done_by       text,
    PRIMARY KEY (accident_id, number),
    CONSTRAINT accident_measure_hazard_whole CHECK (num_nonnulls(hazard_id, hazard_number) IN (0, 2)),
    CONSTRAINT accident_measure_done_by_somebody CHECK (state = 'open' OR done_by IS NOT NULL)
);
CREATE INDEX accident_measure_owed ON accident_measure (deadline_on, accident_id, number) WHERE state = 'open';

CREATE TABLE accident_entry (
    accident_id uuid        NOT NULL REFERENCES accident,
    version     integer     NOT NULL CHECK (version >= 1),
    move        text        NOT NULL,
    at          timestamptz NOT NULL,
    by          text        NOT NULL,
    unit        text,
    measure     integer,
    text        text        NOT NULL,
    PRIMARY KEY (accident_id, version)
);
CREATE TRIGGER accident_entry_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON accident_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

-- Numbers are handed out by county and year, without gaps: whoever takes one holds the row until it commits.
CREATE TABLE accident_serial (
    county text    NOT NULL,
    year   integer NOT NULL,
    last   integer NOT NULL CHECK (last >= 1),
    PRIMARY KEY (county, year)
);
