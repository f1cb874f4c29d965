-- One row a task; `task` is the truth, the columns repeat what is searched for. A planned task has no history yet.
CREATE TABLE task (
    task_id         text        PRIMARY KEY,
    number          text        NOT NULL UNIQUE,
    -- By what two plans of the task are recognised as the same, and the instant at which its window opens.
    digest          bytea       NOT NULL CHECK (length(digest) = 16),
    opens_at        timestamptz NOT NULL,
    duty_id         text        NOT NULL,
    duty_version    integer     NOT NULL CHECK (duty_version >= 1),
    period          text        NOT NULL,
    period_end      date        NOT NULL,
    kind            text        NOT NULL,
    title           text        NOT NULL,
    county          text        NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    lead_unit       text        NOT NULL,
    -- Codes with spaces around them, so that ` code ` is found as a whole.
    helper_units    text        NOT NULL,
    sector          text,
    member_kind     text        CHECK (member_kind IN ('county', 'unit', 'enterprise')),
    member_code     text,
    plan            text,
    campaign        text,
    phase           text,
    state           text        NOT NULL CHECK (state IN ('planned', 'assigned', 'acknowledged', 'submitted', 'returned',
                                                          'accepted', 'waived', 'cancelled')),
    late            boolean     NOT NULL,
    due_on          date        NOT NULL,
    due_at          timestamptz NOT NULL,
    deadline_number integer     NOT NULL CHECK (deadline_number >= 1),
    version         integer     NOT NULL CHECK (version >= 0),
    submitted_at    timestamptz,
    ended_at        timestamptz,
    task            jsonb       NOT NULL,
    CONSTRAINT task_member_whole CHECK ((member_kind IS NULL) = (member_code IS NULL)),
    CONSTRAINT task_planned_has_no_history CHECK (state <> 'planned' OR version = 0),
    CONSTRAINT task_submission_whole CHECK (state NOT IN ('submitted', 'accepted') OR submitted_at IS NOT NULL),
    -- Withdrawn before it was assigned: cancelled without a history.
    CONSTRAINT task_assigned_has_history CHECK (version > 0 OR state IN ('planned', 'cancelled'))
);
-- The clock's poll reads this from the front: its cost is what opens, not what is planned.
CREATE INDEX task_opening ON task (opens_at) WHERE state = 'planned';
CREATE INDEX task_by_due ON task (due_on, task_id);
CREATE INDEX task_by_unit ON task (lead_unit, county, due_on);
CREATE INDEX task_by_duty ON task (duty_id, period);
CREATE INDEX task_by_plan ON task (plan, due_on) WHERE plan IS NOT NULL;
CREATE INDEX task_owed ON task (due_at) WHERE state IN ('assigned', 'acknowledged', 'returned');

-- Everything that was published about tasks, append-only.
CREATE TABLE task_history (
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    task_id  text        NOT NULL REFERENCES task,
    version  integer     NOT NULL CHECK (version >= 1),
    event_id text        NOT NULL UNIQUE,
    type     text        NOT NULL,
    time     timestamptz NOT NULL,
    payload  bytea       NOT NULL,
    PRIMARY KEY (task_id, version)
);
CREATE FUNCTION refuse_to_rewrite_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER task_history_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON task_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_tasks();

-- What a kind's form recorded with a submission. It stays here: events carry its digest and sums only.
CREATE TABLE task_form (
    task_id text    NOT NULL,
    version integer NOT NULL,
    form    jsonb   NOT NULL,
    PRIMARY KEY (task_id, version),
    FOREIGN KEY (task_id, version) REFERENCES task_history (task_id, version)
);

-- By which calendar and policy the reminders were planned.
CREATE TABLE task_planning_basis (
    singleton   boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    fingerprint bytea   NOT NULL
);
