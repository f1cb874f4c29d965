-- replaces: service/0001_clocks.sql
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
