-- replaces: service/0001_ledger.sql
-- What became of letters about a hazard. No foreign key: a notice is kept whatever it names.
CREATE TABLE hazard_timeline (
    event_id    text        NOT NULL,
    hazard_id   text        NOT NULL,
    type        text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    payload     bytea       NOT NULL,
    PRIMARY KEY (hazard_id, event_id)
);
