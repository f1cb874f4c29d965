-- First answers to commands that carried an Idempotency-Key: whoever lost the answer asks again and gets the same one.
-- Written in the command's own transaction, forgotten after a day (services/chassis/web/idempotency.py).
CREATE TABLE idempotent_answer (
    account     text        NOT NULL,
    key         text        NOT NULL,
    -- SHA-256 of method, address and content: one key, one request.
    fingerprint bytea       NOT NULL,
    status      integer     NOT NULL CHECK (status BETWEEN 200 AND 399),
    etag        text,
    body        bytea       NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, key)
);
CREATE INDEX idempotent_answer_by_age ON idempotent_answer (answered_at);
