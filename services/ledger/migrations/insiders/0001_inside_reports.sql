-- What workers reported to their own enterprise. No column tells who did: neither a name nor the account that sent it.
CREATE TABLE inside_report (
    report_id    uuid        PRIMARY KEY,
    number       text        NOT NULL UNIQUE CHECK (number ~ '^NB-[0-9]{6}-[0-9]{4}-[0-9]{6,}$'),
    version      integer     NOT NULL CHECK (version >= 1),
    state        text        NOT NULL CHECK (state IN ('received', 'handled')),
    enterprise   text        NOT NULL CHECK (enterprise ~ '^[0-9A-HJ-NP-RTUW-Y]{18}$'),
    county       text        NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    place        text        NOT NULL,
    content      text        NOT NULL,
    -- A day: an hour would tell the shift.
    received_on  date        NOT NULL,
    has_reporter boolean     NOT NULL,
    code_digest  bytea       NOT NULL CHECK (length(code_digest) = 32),
    measures     text,
    handled_by   text,
    handled_at   timestamptz,
    reward       integer     CHECK (reward > 0),
    rewarded_by  text,
    rewarded_at  timestamptz,
    erased_at    timestamptz,
    CONSTRAINT inside_report_once_a_code UNIQUE (enterprise, code_digest),
    CONSTRAINT inside_report_handled_whole CHECK (
        num_nonnulls(measures, handled_by, handled_at) = CASE WHEN state = 'handled' THEN 3 ELSE 0 END),
    CONSTRAINT inside_report_rewarded_whole CHECK (num_nonnulls(reward, rewarded_by, rewarded_at) IN (0, 3))
);
CREATE INDEX inside_report_of_enterprise ON inside_report (enterprise, report_id);
CREATE INDEX inside_report_to_erase ON inside_report (handled_at) WHERE has_reporter AND erased_at IS NULL;

CREATE TABLE inside_report_counter (
    county text    NOT NULL,
    year   integer NOT NULL,
    last   bigint  NOT NULL CHECK (last >= 0),
    PRIMARY KEY (county, year)
);
