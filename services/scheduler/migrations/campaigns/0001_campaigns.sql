-- A plan and a campaign as they were loaded last; content is the truth, the columns repeat what is searched for.
CREATE TABLE plan (
    code        text        PRIMARY KEY,
    title       text        NOT NULL,
    document    text        NOT NULL,
    starts_on   date        NOT NULL,
    ends_on     date        NOT NULL,
    content     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    CONSTRAINT a_plan_ends_after_it_begins CHECK (ends_on >= starts_on)
);
CREATE TABLE campaign (
    code        text        PRIMARY KEY,
    name        text        NOT NULL,
    document    text        NOT NULL,
    starts_on   date        NOT NULL,
    ends_on     date,
    content     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    CONSTRAINT a_campaign_ends_after_it_begins CHECK (ends_on >= starts_on)
);
