-- No foreign keys in this file: a hazard is never deleted, and a reference would lock it against those who decide about it.
-- Hazards that have yet to be compared with others: what was registered or corrected, until a job has looked.
CREATE TABLE uncompared (
    hazard_id uuid PRIMARY KEY
);
INSERT INTO uncompared SELECT hazard_id FROM hazard WHERE state IN ('reported', 'confirmed', 'rectifying', 'in_review');

-- Under what reports of one fault meet: the enterprise's code, its name, the place. Beside `hazard`, so that its many
-- updates needn't carry these indexes.
CREATE TABLE hazard_key (
    key       text NOT NULL,
    hazard_id uuid NOT NULL,
    PRIMARY KEY (key, hazard_id)
);
CREATE INDEX hazard_key_by_hazard ON hazard_key (hazard_id);

-- Reports that look alike, the later one first: hints to people, who merge them or say that they are two.
CREATE TABLE look_alike (
    hazard_id uuid        NOT NULL,
    other_id  uuid        NOT NULL,
    likeness  real        NOT NULL CHECK (likeness BETWEEN 0 AND 1),
    found_at  timestamptz NOT NULL,
    PRIMARY KEY (hazard_id, other_id),
    CHECK (hazard_id <> other_id)
);
CREATE INDEX look_alike_by_other ON look_alike (other_id);
