-- Tips, without any column for a person: who reported stands in the vault, under the same id.
CREATE TABLE tip (
    tip_id          uuid        PRIMARY KEY,
    number          text        NOT NULL UNIQUE CHECK (number ~ '^JB-[0-9]{6}-[0-9]{4}-[0-9]{6,}$'),
    version         integer     NOT NULL CHECK (version >= 1),
    state           text        NOT NULL CHECK (state IN ('received', 'verified', 'unfounded')),
    channel         text        NOT NULL
        CHECK (channel IN ('hotline', 'web', 'letter', 'visit', 'department', 'referral')),
    county          text        NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    township        text        CHECK (township ~ '^[0-9]{9}$'),
    sector          text        NOT NULL,
    place           text        NOT NULL,
    content         text        NOT NULL,
    enterprise_name text,
    enterprise_uscc text,
    unit            text,
    source_number   text,
    answer_due_on   date,
    has_reporter    boolean     NOT NULL,
    received_at     timestamptz NOT NULL,
    received_by     text        NOT NULL,
    decided_at      timestamptz,
    decided_by      text,
    visited_on      date,
    hazard_id       uuid        UNIQUE REFERENCES hazard,
    hazard_number   text,
    told_at         timestamptz,
    answered_at     timestamptz,
    changed_at      timestamptz NOT NULL,
    -- When the reporter's identity went from the vault.
    erased_at       timestamptz,
    CONSTRAINT tip_decided_whole CHECK (
        num_nonnulls(decided_at, decided_by, visited_on) = CASE WHEN state = 'received' THEN 0 ELSE 3 END),
    CONSTRAINT tip_is_a_hazard_once_verified CHECK (
        num_nonnulls(hazard_id, hazard_number) = CASE WHEN state = 'verified' THEN 2 ELSE 0 END),
    CONSTRAINT tip_result_after_decision CHECK (state <> 'received' OR num_nonnulls(told_at, answered_at) = 0),
    CONSTRAINT tip_referral_has_its_day CHECK (channel <> 'referral' OR answer_due_on IS NOT NULL)
);
CREATE INDEX tip_by_county ON tip (county, state, tip_id);
CREATE INDEX tip_by_state ON tip (state, tip_id);
CREATE INDEX tip_unanswered ON tip (answer_due_on) WHERE answered_at IS NULL AND answer_due_on IS NOT NULL;
CREATE INDEX tip_to_erase ON tip (changed_at) WHERE has_reporter AND erased_at IS NULL AND state <> 'received';

CREATE TABLE tip_counter (
    county text    NOT NULL,
    year   integer NOT NULL,
    last   bigint  NOT NULL CHECK (last >= 0),
    PRIMARY KEY (county, year)
);

-- What was done to a tip, by whom and when; append-only.
CREATE TABLE tip_record (
    tip_id  uuid        NOT NULL REFERENCES tip,
    version integer     NOT NULL CHECK (version >= 1),
    doing   text        NOT NULL CHECK (doing IN ('received', 'verified', 'refuted', 'told', 'answered')),
    at      timestamptz NOT NULL,
    account text        NOT NULL,
    text    text        NOT NULL,
    PRIMARY KEY (tip_id, version)
);
CREATE FUNCTION refuse_to_rewrite_tips() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tip_record_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tip_record
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_tips();
