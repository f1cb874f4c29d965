-- replaces: service/0001_receipt.sql
-- One row for each event id of a county: first the claim of the id, then the receipt.
CREATE TABLE receipt (
    receipt_id     uuid        PRIMARY KEY,
    position       bigint      GENERATED ALWAYS AS IDENTITY,
    county         text        NOT NULL,
    event_id       text,
    source         text,
    type           text,
    reference      text,
    -- topic/partition/offset, known once the ledger has answered.
    origin         text,
    -- SHA-256 of type and canonical payload; absent where the county wrote to its topic itself.
    content_digest bytea,
    status         text        NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'recorded', 'rejected')),
    waiting_for    text,
    outcome        text,
    hazard_id      text,
    number         text,
    code           text,
    message        text,
    field          text,
    rule           text,
    reserved_at    timestamptz NOT NULL DEFAULT now(),
    -- When the broker's ack was known. Until then nobody was promised anything and nobody sees the row.
    queued_at      timestamptz,
    answered_at    timestamptz
) WITH (fillfactor = 85);
CREATE INDEX receipt_of_county ON receipt (county, position);
CREATE INDEX receipt_of_county_by_status ON receipt (county, status, position);
