-- replaces: service/0001_letters.sql
-- The last number given in each series of document numbers. Taken in the letter's own transaction: no gaps.
CREATE TABLE letter_series (
    kind        text    NOT NULL,
    year        integer NOT NULL,
    last_number integer NOT NULL,
    PRIMARY KEY (kind, year)
);

-- Claimed before a number is taken, so that a repeated cause can't use one up.
CREATE TABLE letter_cause (
    hazard_id       text    NOT NULL,
    deadline_number integer NOT NULL,
    kind            text    NOT NULL,
    step            integer NOT NULL,
    letter_id       uuid    NOT NULL UNIQUE,
    PRIMARY KEY (hazard_id, deadline_number, kind, step)
);

CREATE TABLE letter (
    letter_id       uuid        PRIMARY KEY REFERENCES letter_cause (letter_id),
    position        bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind            text        NOT NULL,
    year            integer     NOT NULL,
    sequence        integer     NOT NULL CHECK (sequence >= 1),
    number          text        NOT NULL UNIQUE,
    hazard_id       text        NOT NULL,
    hazard_number   text        NOT NULL,
    county          text        NOT NULL,
    sector          text        NOT NULL,
    unit            text        NOT NULL,
    addressee       text,
    addressee_unit  text,
    deadline_number integer     NOT NULL,
    deadline_on     date        NOT NULL,
    title           text        NOT NULL,
    body            text        NOT NULL,
    issued_at       timestamptz NOT NULL,
    state           text        NOT NULL
        CHECK (state IN ('issued', 'delivered', 'uncertain', 'failed', 'acknowledged')),
    -- Counts the notice events about this letter; its row lock keeps them in order.
    version         integer     NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    acknowledged_by text,
    cause_event     text        NOT NULL,
    correlation     text        NOT NULL,
    traceparent     text,
    UNIQUE (kind, year, sequence),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
CREATE INDEX letter_of_hazard ON letter (hazard_id);
CREATE INDEX letter_of_county ON letter (county, position);
