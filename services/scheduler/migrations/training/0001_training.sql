-- Training sessions hold persons: nothing outside of the slice `training` reads these tables, and nothing of them is
-- published. One row a session, in its newest version; `content` is what was entered.
CREATE TABLE training_session (
    session_id  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    version     integer     NOT NULL CHECK (version >= 1),
    enterprise  text        NOT NULL CHECK (length(enterprise) = 18),
    county      text        NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    sector      text,
    held_on     date        NOT NULL,
    task_id     text,
    content     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    reason      text,
    CONSTRAINT training_correction_has_its_reason CHECK ((version = 1) = (reason IS NULL))
);
CREATE INDEX training_session_by_enterprise ON training_session (enterprise, held_on);
CREATE INDEX training_session_by_task ON training_session (task_id) WHERE task_id IS NOT NULL;

-- Every version, for good: none is changed. Rows may be deleted when the time for which they must be kept is over.
CREATE TABLE training_session_version (
    session_id  uuid        NOT NULL REFERENCES training_session ON DELETE CASCADE,
    version     integer     NOT NULL CHECK (version >= 1),
    task_id     text,
    content     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    reason      text,
    PRIMARY KEY (session_id, version)
);
CREATE FUNCTION refuse_to_rewrite_training() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps every version: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER training_session_version_is_never_changed
    BEFORE UPDATE ON training_session_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_training();

-- By what a person's file is asked for: no staff number, no name, nothing that says who it is, stands in an address.
CREATE TABLE trainee (
    trainee_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    enterprise text NOT NULL,
    number     text NOT NULL,
    UNIQUE (enterprise, number)
);
CREATE TABLE training_attendance (
    trainee_id uuid NOT NULL REFERENCES trainee,
    session_id uuid NOT NULL REFERENCES training_session ON DELETE CASCADE,
    PRIMARY KEY (trainee_id, session_id)
);
CREATE INDEX training_attendance_by_session ON training_attendance (session_id);
