-- The pool of experts. `name` is personal data: it stands here and nowhere else.
CREATE TABLE expert (
    expert_id   text        PRIMARY KEY,
    name        text        NOT NULL,
    sectors     jsonb       NOT NULL,
    employer    text,
    valid_from  date        NOT NULL,
    valid_until date,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    CONSTRAINT an_entry_ends_after_it_begins CHECK (valid_until >= valid_from)
);

CREATE TABLE expert_assignment (
    task_id     text        NOT NULL,
    expert_id   text        NOT NULL REFERENCES expert,
    enterprise  text        NOT NULL,
    assigned_at timestamptz NOT NULL,
    assigned_by text        NOT NULL,
    PRIMARY KEY (task_id, expert_id)
);
