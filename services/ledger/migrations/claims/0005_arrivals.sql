-- When the broker took the last claim of each county (wall time), and by day the longest time that none came before one did:
-- what is usual for a county says when its silence is not (DubanCountySilent).
CREATE TABLE county_arrival (
    county  text        PRIMARY KEY,
    last_at timestamptz NOT NULL
);
CREATE TABLE county_gap (
    county  text     NOT NULL,
    day     date     NOT NULL,
    longest interval NOT NULL,
    PRIMARY KEY (county, day)
);
