-- replaces: service/0001_letters.sql
-- One letter over one channel. Times of attempts and leases are wall time.
CREATE TABLE delivery (
    delivery_id     uuid        PRIMARY KEY,
    position        bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    letter_id       uuid        NOT NULL REFERENCES letter (letter_id),
    channel         text        NOT NULL CHECK (channel IN ('email', 'webhook')),
    address         text,
    endpoint        text,
    state           text        NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'uncertain')),
    attempts        integer     NOT NULL DEFAULT 0,
    tries           integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    lease_until     timestamptz,
    code            text,
    pending_since   timestamptz NOT NULL,
    UNIQUE (letter_id, channel),
    CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
    CHECK ((state = 'sending') = (lease_until IS NOT NULL))
);
CREATE INDEX delivery_due ON delivery (next_attempt_at) WHERE state = 'pending';
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 'sending';
CREATE INDEX delivery_by_state ON delivery (state, position);

-- Every send, written before it begins; `verdict` stays empty while nobody knows the answer.
CREATE TABLE delivery_attempt (
    delivery_id uuid        NOT NULL REFERENCES delivery (delivery_id),
    attempt     integer     NOT NULL,
    begun_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    verdict     text,
    code        text,
    detail      text,
    PRIMARY KEY (delivery_id, attempt)
);

-- Decisions of operators about deliveries, for audits.
CREATE TABLE delivery_decision (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id uuid        NOT NULL REFERENCES delivery (delivery_id),
    decision    text        NOT NULL CHECK (decision IN ('retry', 'confirm')),
    decided_by  text        NOT NULL,
    decided_at  timestamptz NOT NULL
);

-- Webhook endpoints that answered 410: nothing is sent there until an operator retries a delivery.
CREATE TABLE closed_endpoint (
    endpoint  text        PRIMARY KEY,
    closed_at timestamptz NOT NULL
);
