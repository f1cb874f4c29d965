-- replaces: service/0001_ledger.sql
-- How far each partition of the counties' topics is applied: broker time, so wall time.
CREATE TABLE claim_progress (
    topic           text        NOT NULL,
    partition       integer     NOT NULL,
    applied_through timestamptz NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- The newest heartbeat that was sent, in domain time; one row.
CREATE TABLE heartbeat (
    one             boolean     PRIMARY KEY DEFAULT true CHECK (one),
    applied_through timestamptz NOT NULL
);
