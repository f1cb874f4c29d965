-- replaces: service/0001_clocks.sql
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

-- Which calendar and policy the reminders were planned by.
CREATE TABLE planning_basis (
    singleton   boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    fingerprint bytea   NOT NULL
);
