-- By how many seconds the brokers' clocks are ahead of the host's that publishes the ledger's events, and when that was seen
-- (wall time); one row. The instance that says how far the ledger is need not be the one that publishes.
CREATE TABLE broker_clock (
    one         boolean          PRIMARY KEY DEFAULT true CHECK (one),
    ahead       double precision NOT NULL,
    measured_at timestamptz      NOT NULL
);
