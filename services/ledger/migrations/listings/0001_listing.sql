-- 挂牌督办: one row for each listing that there has been. Who listed it is an authority, never a person.
CREATE TABLE listing (
    hazard_id        uuid        NOT NULL REFERENCES hazard,
    listing          integer     NOT NULL CHECK (listing >= 1),
    level            text        NOT NULL CHECK (level IN ('city', 'county', 'county_government', 'department')),
    authority        text        NOT NULL,
    authority_county text        CHECK (authority_county ~ '^[0-9]{6}$'),
    document         text        NOT NULL,
    deadline_on      date        NOT NULL,
    listed_at        timestamptz NOT NULL,
    overdue_at       timestamptz,
    lifted_at        timestamptz,
    conclusion       text,
    PRIMARY KEY (hazard_id, listing),
    CONSTRAINT listing_lifted_with_conclusion CHECK ((lifted_at IS NULL) = (conclusion IS NULL))
);
-- A hazard is listed by one authority at a time.
CREATE UNIQUE INDEX listing_one_holds ON listing (hazard_id) WHERE lifted_at IS NULL;
CREATE INDEX listing_by_deadline ON listing (deadline_on, hazard_id, listing);
CREATE INDEX listing_open ON listing (deadline_on, hazard_id, listing) WHERE lifted_at IS NULL;
