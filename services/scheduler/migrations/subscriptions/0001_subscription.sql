-- Who may read which tasks as a calendar. The secret of the address is not here: only its SHA-256.
CREATE TABLE subscription (
    subscription_id text        PRIMARY KEY,
    digest          bytea       NOT NULL UNIQUE CHECK (length(digest) = 32),
    name            text        NOT NULL,
    county          text        CHECK (county ~ '^[0-9]{6}$'),
    unit            text,
    issued_at       timestamptz NOT NULL,
    issued_by       text        NOT NULL,
    revoked_at      timestamptz,
    revoked_by      text,
    CONSTRAINT a_subscription_is_somebodys CHECK (county IS NOT NULL OR unit IS NOT NULL),
    CONSTRAINT a_subscription_is_revoked_by_somebody CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
