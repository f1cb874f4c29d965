-- replaces: service/0001_ledger.sql
-- Claims that came before what they need.
CREATE TABLE waiting_claim (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    county      text        NOT NULL,
    reference   text        NOT NULL,
    waiting_for text        NOT NULL CHECK (waiting_for IN ('report', 'confirmation')),
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    -- Wall time at the broker: the submission counts from here.
    received_at timestamptz NOT NULL,
    key         bytea,
    value       bytea       NOT NULL,
    headers     bytea       NOT NULL,
    event_id    text        NOT NULL,
    source      text        NOT NULL,
    type        text        NOT NULL,
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX waiting_claim_by_reference ON waiting_claim (county, reference, id);

-- Claims that were refused, with their bytes, the reason and the origin.
CREATE TABLE rejected_claim (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    county      text        NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    key         bytea,
    value       bytea,
    headers     bytea       NOT NULL,
    event_id    text,
    source      text,
    type        text,
    reference   text,
    code        text        NOT NULL,
    message     text        NOT NULL,
    field       text,
    rule        text,
    rejected_at timestamptz NOT NULL,
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX rejected_claim_by_county ON rejected_claim (county, id);
