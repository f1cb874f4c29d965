-- 回头看: closures that are to be looked at again, and what came of it.
CREATE TABLE look_back (
    hazard_id uuid        NOT NULL REFERENCES hazard,
    closure   integer     NOT NULL CHECK (closure >= 1),
    due_on    date        NOT NULL,
    outcome   text        CHECK (outcome IN ('passed', 'failed')),
    done_at   timestamptz,
    PRIMARY KEY (hazard_id, closure),
    CONSTRAINT look_back_done_whole CHECK (num_nonnulls(outcome, done_at) IN (0, 2))
);
CREATE INDEX look_back_due ON look_back (due_on, hazard_id, closure);
