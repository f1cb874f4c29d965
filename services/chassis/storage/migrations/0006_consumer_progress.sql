-- How far a consumer has applied each partition: broker time, so wall time.
CREATE TABLE consumer_progress (
    consumer        text        NOT NULL,
    topic           text        NOT NULL,
    partition       integer     NOT NULL,
    applied_through timestamptz NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
);
