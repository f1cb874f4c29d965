-- The newest heartbeat of the ledger on each partition of ledger.hazard.v1: everything that reached the broker
-- before applied_through (domain time) has been applied here, as far as that partition goes.
CREATE TABLE ledger_heartbeat (
    partition       integer     PRIMARY KEY,
    applied_through timestamptz NOT NULL
);

-- One clock for each hazard that was confirmed. The columns repeat what is searched for; reckoning is the truth.
CREATE TABLE hazard_clock (
    hazard_id       text        PRIMARY KEY,
    number          text        NOT NULL,
    county          text        NOT NULL,
    sector          text        NOT NULL,
    version         bigint      NOT NULL,
    state           text        NOT NULL CHECK (state IN ('running', 'paused', 'stopped')),
    deadline_number integer     NOT NULL CHECK (deadline_number >= 1),
    outcome         text        NOT NULL,
    due_at          timestamptz NOT NULL,
    reckoning       jsonb       NOT NULL,
    -- HazardFacts after the last event, as they travel in supervision events.
    facts           jsonb       NOT NULL,
    -- The thread of cause: alarms follow from the last event.
    event_id        text        NOT NULL,
    correlation_id  text,
    traceparent     text
);

-- What is to be said about a deadline, and whether it was said. The primary key makes a second time impossible.
CREATE TABLE alarm (
    hazard_id       text        NOT NULL REFERENCES hazard_clock,
    deadline_number integer     NOT NULL,
    kind            text        NOT NULL CHECK (kind IN ('due_soon', 'overdue')),
    days_before     integer     NOT NULL,
    fires_at        timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    state           text        NOT NULL
                    CHECK (state IN ('armed', 'held', 'raised', 'withdrawn', 'excused', 'lapsed')),
    raised_at       timestamptz,
    PRIMARY KEY (hazard_id, deadline_number, kind, days_before),
    CHECK (kind = 'due_soon' OR days_before = 0),
    CHECK ((state = 'raised') = (raised_at IS NOT NULL))
);
-- The clock's polls read these from the front: their cost is what is due, not what exists.
CREATE INDEX alarm_overdue_armed ON alarm (fires_at) WHERE kind = 'overdue' AND state = 'armed';
CREATE INDEX alarm_due_soon_armed ON alarm (fires_at) WHERE kind = 'due_soon' AND state = 'armed';
CREATE INDEX alarm_deadlines ON alarm (due_at, hazard_id, deadline_number) WHERE kind = 'overdue';
-- Rows turn from armed to raised once each; dead entries at the front of the index would slow every poll.
ALTER TABLE alarm SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- Which calendar and policy the reminders were planned by, and the last comparison of clocks with alarms.
CREATE TABLE planning_basis (
    singleton   boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    fingerprint bytea   NOT NULL
);
CREATE TABLE audit_result (
    singleton      boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    finished_at    timestamptz NOT NULL,
    clocks_checked bigint      NOT NULL,
    findings       jsonb       NOT NULL
);
