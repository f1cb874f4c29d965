-- 责令停产停业: one row for each order that there has been. Who gave it is a department, never a person.
CREATE TABLE stop_order (
    hazard_id        uuid        NOT NULL REFERENCES hazard,
    number           integer     NOT NULL CHECK (number >= 1),
    kind             text        NOT NULL CHECK (kind IN ('production', 'use')),
    scope            text        NOT NULL CHECK (scope IN ('whole', 'part')),
    part             text,
    authority        text        NOT NULL,
    authority_county text        CHECK (authority_county ~ '^[0-9]{6}$'),
    document         text        NOT NULL,
    since            date        NOT NULL,
    ordered_at       timestamptz NOT NULL,
    lifted_at        timestamptz,
    review           text,
    PRIMARY KEY (hazard_id, number),
    CONSTRAINT stop_order_part_named CHECK ((part IS NULL) = (scope = 'whole')),
    CONSTRAINT stop_order_lifted_after_review CHECK ((lifted_at IS NULL) = (review IS NULL))
);
-- What an enterprise was stopped by holds until it is lifted, and then another may be given.
CREATE UNIQUE INDEX stop_order_one_holds ON stop_order (hazard_id) WHERE lifted_at IS NULL;
CREATE INDEX stop_order_by_day ON stop_order (since, hazard_id, number);
CREATE INDEX stop_order_open ON stop_order (since, hazard_id, number) WHERE lifted_at IS NULL;
