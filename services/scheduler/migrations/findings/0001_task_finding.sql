-- What inspections found, one row for each reference of a task's findings: what was filed last, and what the ledger said.
CREATE TABLE task_finding (
    task_id        text        NOT NULL REFERENCES task,
    -- The finding's reference as references are compared; as it was written it stands in `finding`.
    reference_key  text        NOT NULL,
    -- Counts what was filed under the reference: an answer of the ledger names it.
    filing         integer     NOT NULL CHECK (filing >= 1),
    filed_at       timestamptz NOT NULL,
    finding        jsonb       NOT NULL,
    hazard_version integer     CHECK (hazard_version >= 1),
    hazard         jsonb,
    refusal        jsonb,
    PRIMARY KEY (task_id, reference_key),
    CONSTRAINT task_finding_hazard_whole CHECK ((hazard IS NULL) = (hazard_version IS NULL))
);
