-- 责任倒查: one case for each closure that was false. Posts are written as the ledger writes them (role@unit), in order.
CREATE TABLE accountability_case (
    case_number    text        PRIMARY KEY,
    hazard_id      uuid        NOT NULL REFERENCES hazard,
    reason         text        NOT NULL,
    opened_at      timestamptz NOT NULL,
    enterprise_name text       NOT NULL,
    enterprise_uscc text,
    owner_unit     text,
    owner_post     text,
    reviewer_posts text        NOT NULL,
    result         text,
    conclusion     text,
    concluded_at   timestamptz,
    CONSTRAINT accountability_case_concluded_whole CHECK (num_nonnulls(result, conclusion, concluded_at) IN (0, 3))
);
CREATE INDEX accountability_case_of_hazard ON accountability_case (hazard_id);
CREATE INDEX accountability_case_open ON accountability_case (case_number) WHERE concluded_at IS NULL;
