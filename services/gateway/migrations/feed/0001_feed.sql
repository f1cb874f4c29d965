-- What each county was told on its feedback topic, in order, for as long as DUBAN_FEED_DAYS says.
CREATE TABLE feed (
    county   text        NOT NULL,
    -- Counted for each county, from 1 and without gaps. Given under the lock of the county's row in feed_end, so that
    -- positions become visible in their order: whoever has read up to one has missed none before it.
    position bigint      NOT NULL,
    -- The event as a JSON object in CloudEvents' structured mode.
    event    bytea       NOT NULL,
    -- Wall time: how long something is kept is a promise in days of the reader's calendar.
    kept_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (county, position)
);
CREATE INDEX feed_by_age ON feed (kept_at);

CREATE TABLE feed_end (
    county    text   PRIMARY KEY,
    last      bigint NOT NULL,
    -- Up to this position nothing need be there any longer.
    forgotten bigint NOT NULL DEFAULT 0 CHECK (forgotten BETWEEN 0 AND last)
) WITH (fillfactor = 50);
