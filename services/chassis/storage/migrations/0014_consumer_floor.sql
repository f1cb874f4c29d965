-- What a member of a consumer's group says of all its partitions that keep step, in one row; theirs follow it by its id. Of an idle
-- city's 300 topics one row is written a second in place of 300. Wall time, as there.
CREATE TABLE consumer_floor (
    id              uuid        PRIMARY KEY,
    consumer        text        NOT NULL,
    applied_through timestamptz NOT NULL
);
-- No foreign key: whoever reads takes a floor that is gone for nothing said. NULL: the row's own instant is all there is.
ALTER TABLE consumer_progress ADD COLUMN follows uuid;
