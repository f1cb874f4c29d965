-- Partitions that a consumer leaves alone until an operator resumes them: what came there was refused too often.
CREATE TABLE partition_hold (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer   text        NOT NULL,
    topic      text        NOT NULL,
    partition  integer     NOT NULL,
    refused    bigint      NOT NULL,
    held_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    resumed_at timestamptz,
    resumed_by text,
    CHECK ((resumed_at IS NULL) = (resumed_by IS NULL))
);
CREATE UNIQUE INDEX partition_hold_open ON partition_hold (consumer, topic, partition) WHERE resumed_at IS NULL;
CREATE INDEX partition_hold_resumed ON partition_hold (consumer, topic, partition, resumed_at);
CREATE INDEX dead_letter_refused ON dead_letter (consumer, topic, partition, created_at) WHERE refused;
