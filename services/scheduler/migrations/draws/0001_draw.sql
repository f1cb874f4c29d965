-- One row for each draw, by the document that announces it. What was announced is never changed, and it is drawn once.
CREATE TABLE draw (
    draw_id      text        PRIMARY KEY,
    document_number text     NOT NULL UNIQUE,
    draws_on     date        NOT NULL,
    input        jsonb       NOT NULL,
    input_sha256 text        NOT NULL,
    announced_at timestamptz NOT NULL,
    announced_by text        NOT NULL,
    result       jsonb,
    secrets      jsonb,
    drawn_at     timestamptz,
    drawn_by     text,
    CONSTRAINT drawn_whole_or_not_at_all CHECK (num_nulls(result, secrets, drawn_at, drawn_by) IN (0, 4))
);
