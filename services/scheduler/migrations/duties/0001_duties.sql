-- One row for each version of a duty; none is ever changed. The columns repeat what is searched for; content is the truth.
CREATE TABLE duty (
    duty_id      text        NOT NULL,
    version      integer     NOT NULL CHECK (version >= 1),
    state        text        NOT NULL CHECK (state IN ('in_force', 'cancelled')),
    effective_on date        NOT NULL,
    recorded_at  timestamptz NOT NULL,
    recorded_by  text        NOT NULL,
    reason       text,
    title        text        NOT NULL,
    kind         text        NOT NULL,
    rule         text        NOT NULL,
    lead_unit    text,
    roster       text,
    plan         text,
    campaign     text,
    document     text        NOT NULL,
    kept_by      text        NOT NULL,
    assumed      boolean     NOT NULL,
    content      jsonb       NOT NULL,
    PRIMARY KEY (duty_id, version),
    CONSTRAINT a_change_has_its_reason CHECK (version = 1 OR reason IS NOT NULL)
);
CREATE INDEX duty_by_plan ON duty (plan) WHERE plan IS NOT NULL;
CREATE INDEX duty_by_campaign ON duty (campaign) WHERE campaign IS NOT NULL;

-- Days on which something special is due, beside the calendar's holidays.
CREATE TABLE occasion (
    occasion_id text        PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('holiday', 'event', 'other')),
    name        text        NOT NULL,
    starts_on   date        NOT NULL,
    ends_on     date        NOT NULL,
    duties      jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    CONSTRAINT an_occasion_ends_after_it_begins CHECK (ends_on >= starts_on)
);

-- How far a duty is planned, and by what: planning that finds the same again has nothing to do. Its row is the lock
-- under which a duty is planned.
CREATE TABLE duty_planning (
    duty_id       text        PRIMARY KEY,
    version       integer     NOT NULL,
    planned_until date        NOT NULL,
    basis         bytea       NOT NULL,
    planned_at    timestamptz NOT NULL
);
