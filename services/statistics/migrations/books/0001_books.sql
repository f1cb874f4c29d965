-- replaces: service/0001_figures.sql
-- The newest state of each hazard: absolute, so that writing it again changes nothing.
CREATE TABLE hazard_fact (
    hazard_id    text    PRIMARY KEY,
    version      bigint  NOT NULL,
    -- Events that wait for a missing version; with `version` it only ever grows or gives way to a higher version.
    parked       integer NOT NULL,
    -- The whole record as the stream table holds it: a table that lost a write is healed from here.
    record       bytea   NOT NULL,
    county       text,
    sector       text,
    grade        text,
    channel      text,
    state        text,
    open         boolean NOT NULL,
    overdue      boolean NOT NULL,
    deadline_on  date,
    confirmed_at timestamptz,
    closed_at    timestamptz
);
CREATE INDEX hazard_fact_open ON hazard_fact (county, grade) WHERE open;
CREATE INDEX hazard_fact_parked ON hazard_fact (hazard_id) WHERE parked > 0;

-- Where each hazard stood after each version: "as of a cut-off" is the newest step of a hazard up to that day.
CREATE TABLE hazard_step (
    hazard_id    text        NOT NULL,
    version      bigint      NOT NULL,
    day          date        NOT NULL,
    occurred_at  timestamptz NOT NULL,
    county       text        NOT NULL,
    sector       text        NOT NULL,
    grade        text        NOT NULL,
    channel      text        NOT NULL,
    state        text        NOT NULL,
    open         boolean     NOT NULL,
    overdue      boolean     NOT NULL,
    deadline_on  date,
    confirmed_at timestamptz,
    confirmed_on date,
    rectified_on date,
    closed_at    timestamptz,
    closed_on    date,
    PRIMARY KEY (hazard_id, version)
);
CREATE INDEX hazard_step_day ON hazard_step (day);

-- Every single count that was ever made, by the event that made it: the audit trail of the roll-ups.
CREATE TABLE hazard_flow (
    hazard_id text     NOT NULL,
    version   bigint   NOT NULL,
    ordinal   smallint NOT NULL,
    measure   text     NOT NULL,
    day       date     NOT NULL,
    county    text     NOT NULL,
    sector    text     NOT NULL,
    grade     text     NOT NULL,
    channel   text     NOT NULL,
    PRIMARY KEY (hazard_id, version, ordinal)
);

-- The roll-up: raised only by hazard_flow rows that were really inserted, in the same transaction.
CREATE TABLE daily_flow (
    day     date   NOT NULL,
    county  text   NOT NULL,
    sector  text   NOT NULL,
    grade   text   NOT NULL,
    channel text   NOT NULL,
    measure text   NOT NULL,
    count   bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, county, sector, grade, channel, measure)
);

-- How far each partition of the ledger's topic is in the figures.
CREATE TABLE progress (
    partition       integer     PRIMARY KEY,
    "offset"        bigint      NOT NULL,
    recorded_at     timestamptz NOT NULL,
    -- The ledger's word (heartbeat): everything before this instant stands ahead in this partition.
    applied_through timestamptz,
    last_event_at   timestamptz
);
