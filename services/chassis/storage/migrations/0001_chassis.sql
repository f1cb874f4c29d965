-- Events on their way out: written in the transaction that caused them, deleted after the broker's ack.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text        NOT NULL,
    partition  integer,
    key        bytea,
    value      bytea,
    headers    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Events already taken in: the claim commits together with its effect.
CREATE TABLE inbox (
    consumer   text        NOT NULL,
    identity   uuid        NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, identity)
);

-- The last version of each aggregate that a consumer has applied.
CREATE TABLE aggregate_version (
    consumer  text   NOT NULL,
    aggregate text   NOT NULL,
    version   bigint NOT NULL,
    PRIMARY KEY (consumer, aggregate)
);

-- Events that are ahead of their aggregate's version, kept until the gap fills.
CREATE TABLE parked_event (
    consumer  text        NOT NULL,
    aggregate text        NOT NULL,
    version   bigint      NOT NULL,
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    "offset"  bigint      NOT NULL,
    timestamp timestamptz NOT NULL,
    key       bytea,
    value     bytea       NOT NULL,
    headers   bytea       NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, aggregate, version)
);

-- What could not be processed, with its bytes, its reason and its origin. Never deleted, only resolved.
CREATE TABLE dead_letter (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer     text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    timestamp    timestamptz NOT NULL,
    key          bytea,
    value        bytea,
    headers      bytea       NOT NULL,
    code         text        NOT NULL,
    reason       text        NOT NULL,
    -- Malformed records from outside are refused, not failed: they don't count towards the limit.
    refused      boolean     NOT NULL,
    attempts     integer     NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    state        text        NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'reinserted', 'dropped')),
    resolved_at  timestamptz,
    resolved_by  text,
    UNIQUE (consumer, topic, partition, "offset"),
    CHECK ((state = 'held') = (resolved_at IS NULL))
);
CREATE INDEX dead_letter_held ON dead_letter (consumer, created_at) WHERE state = 'held';

-- Bearer keys: only the digest is here. An account has at most two live keys, for rotation.
CREATE TABLE api_key (
    key_id     text        PRIMARY KEY,
    digest     bytea       NOT NULL,
    account    text        NOT NULL,
    role       text        NOT NULL,
    area       text        NOT NULL CHECK (area ~ '^[0-9]{6}$'),
    unit       text,
    sectors    text[]      NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX api_key_live ON api_key (account, created_at) WHERE revoked_at IS NULL;
