-- replaces: service/0001_clocks.sql
-- The last comparison of clocks with alarms.
CREATE TABLE audit_result (
    singleton      boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    finished_at    timestamptz NOT NULL,
    clocks_checked bigint      NOT NULL,
    findings       jsonb       NOT NULL
);
