CREATE TABLE effect (
    position  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL,
    event_id  text NOT NULL
);
