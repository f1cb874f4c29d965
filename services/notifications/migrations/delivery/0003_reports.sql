-- What mail servers report about a letter after they took it (RFC 3464). `digest` is that of the whole report: one that
-- comes again is no other. `failed_it` says that the delivery became failed by it. Wall time.
CREATE TABLE delivery_report (
    delivery_id uuid        NOT NULL REFERENCES delivery (delivery_id),
    digest      text        NOT NULL,
    attempt     integer     NOT NULL,
    taken_at    timestamptz NOT NULL,
    action      text        NOT NULL CHECK (action IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded')),
    status      text        NOT NULL,
    detail      text        NOT NULL,
    failed_it   boolean     NOT NULL,
    PRIMARY KEY (delivery_id, digest)
);
