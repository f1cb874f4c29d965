-- Days by which something is owed after an accident or a closing; one row for each subject, with what the ledger said last.
CREATE TABLE follow_up (
    subject_kind   text        NOT NULL,
    subject_id     text        NOT NULL,
    subject_number text        NOT NULL,
    aggregate      text        NOT NULL,
    county         text        NOT NULL,
    sector         text        NOT NULL,
    unit           text,
    due_on         date        NOT NULL,
    due_at         timestamptz NOT NULL,
    set_at         timestamptz NOT NULL,
    done_at        timestamptz,
    version        bigint      NOT NULL,
    event_id       text        NOT NULL,
    correlation_id text,
    traceparent    text,
    PRIMARY KEY (subject_kind, subject_id)
);
CREATE INDEX follow_up_of_aggregate ON follow_up (aggregate);
-- The list of what is owed reads what is owed, however much was done.
CREATE INDEX follow_up_owed ON follow_up (due_on, subject_kind, subject_id) WHERE done_at IS NULL;
