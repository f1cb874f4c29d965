-- Since when (the broker's time, so wall time) a consumer remembers events one by one in its inbox: what the broker took before was
-- taken in, and is forgotten (services/chassis/consuming/memory.py). No row: it has forgotten nothing yet.
CREATE TABLE inbox_since (
    consumer text        PRIMARY KEY,
    since    timestamptz NOT NULL
);
