-- The clock of each 挂牌督办, which has a deadline of its own. The columns repeat what is searched for.
CREATE TABLE listing_clock (
    -- The id of the subject of its alarms: that of the hazard, and which of its listings.
    listing_id     text        PRIMARY KEY,
    hazard_id      text        NOT NULL,
    county         text        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('running', 'paused', 'stopped')),
    due_at         timestamptz NOT NULL,
    reckoning      jsonb       NOT NULL,
    listing        jsonb       NOT NULL,
    -- HazardFacts after the last event under the listing, as they travel in supervision events.
    facts          jsonb       NOT NULL,
    event_id       text        NOT NULL,
    correlation_id text,
    traceparent    text
);
CREATE INDEX listing_clock_by_hazard ON listing_clock (hazard_id);
CREATE INDEX listing_clock_county_due ON listing_clock (county, due_at);
