-- replaces: service/0001_clocks.sql
-- The newest heartbeat of the ledger on each partition of ledger.hazard.v1: everything that reached the broker
-- before applied_through (domain time) has been applied here, as far as that partition goes.
CREATE TABLE ledger_heartbeat (
    partition       integer     PRIMARY KEY,
    applied_through timestamptz NOT NULL
);
