-- replaces: service/0001_ledger.sql
-- The ledger's entries: one row a hazard, the fold of its history. Constraints make wrong states impossible.
CREATE TABLE hazard (
    hazard_id         uuid        PRIMARY KEY,
    number            text        NOT NULL UNIQUE CHECK (number ~ '^[0-9]{6}-[0-9]{4}-[0-9]{6,}$'),
    county            text        NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    reference         text        NOT NULL,
    channel           text        NOT NULL CHECK (channel IN ('self_report', 'inspection', 'verified_tip')),
    sector            text        NOT NULL,
    state             text        NOT NULL
        CHECK (state IN ('reported', 'confirmed', 'rectifying', 'in_review', 'closed', 'rejected', 'duplicate')),
    enterprise_name   text        NOT NULL,
    enterprise_uscc   text,
    place             text        NOT NULL,
    description       text        NOT NULL,
    found_on          date        NOT NULL,
    suggested_grade   text        CHECK (suggested_grade IN ('general', 'major')),
    township          text,
    grade             text        CHECK (grade IN ('general', 'major')),
    responsible_unit  text,
    deadline_on       date,
    overdue           boolean     NOT NULL,
    registered_at     timestamptz NOT NULL,
    changed_at        timestamptz NOT NULL,
    confirmed_at      timestamptz,
    plan_digest       bytea,
    submitted_at      timestamptz,
    submitted_by      text,
    submission_digest bytea,
    closed_at         timestamptz,
    closed_by         text,
    returned_count    integer     NOT NULL CHECK (returned_count >= 0),
    reopened_count    integer     NOT NULL CHECK (reopened_count >= 0),
    version           integer     NOT NULL CHECK (version >= 1),
    -- Digest of the newest history record; the next one is chained to it.
    head              bytea       NOT NULL CHECK (length(head) = 32),
    CONSTRAINT hazard_one_per_reference UNIQUE (county, reference),
    -- What confirmation sets is there from confirmation on, and never before.
    CONSTRAINT hazard_confirmed_whole CHECK (
        CASE WHEN state IN ('reported', 'rejected', 'duplicate')
             THEN num_nonnulls(grade, responsible_unit, deadline_on, confirmed_at) = 0
             ELSE num_nulls(grade, responsible_unit, deadline_on, confirmed_at) = 0 END),
    CONSTRAINT hazard_submission_whole CHECK (
        num_nonnulls(submitted_at, submitted_by, submission_digest) IN (0, 3)
        AND (state NOT IN ('in_review', 'closed') OR submitted_at IS NOT NULL)),
    CONSTRAINT hazard_closed_whole CHECK (
        num_nonnulls(closed_at, closed_by) = CASE WHEN state = 'closed' THEN 2 ELSE 0 END),
    -- Close-out is never by the submitter.
    CONSTRAINT hazard_closed_by_another CHECK (closed_by IS NULL OR closed_by <> submitted_by),
    CONSTRAINT hazard_overdue_has_deadline CHECK (NOT overdue OR deadline_on IS NOT NULL)
);
-- Lists and their keyset: newest first within a filter.
CREATE INDEX hazard_by_county ON hazard (county, state, hazard_id);
CREATE INDEX hazard_by_state ON hazard (state, hazard_id);
CREATE INDEX hazard_by_sector ON hazard (sector, hazard_id);
CREATE INDEX hazard_by_unit ON hazard (responsible_unit, hazard_id) WHERE responsible_unit IS NOT NULL;
CREATE INDEX hazard_overdue ON hazard (county, hazard_id) WHERE overdue;
-- Counts are answered from this index alone.
CREATE INDEX hazard_counts ON hazard (county, sector, state, grade, channel);

-- The serial of numbers: one row per county and year, raised once per batch.
CREATE TABLE hazard_counter (
    county text    NOT NULL,
    year   integer NOT NULL,
    last   bigint  NOT NULL CHECK (last >= 0),
    PRIMARY KEY (county, year)
);
