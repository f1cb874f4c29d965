-- Plants with their workshops and teams, in their newest version; `content` is the layout.
CREATE TABLE selfcheck_plant (
    plant_id    uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    version     integer     NOT NULL CHECK (version >= 1),
    enterprise  text        NOT NULL CHECK (length(enterprise) = 18),
    county      text        NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    sector      text,
    content     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    reason      text,
    CONSTRAINT selfcheck_plant_change_has_its_reason CHECK ((version = 1) = (reason IS NULL))
);
CREATE INDEX selfcheck_plant_by_enterprise ON selfcheck_plant (enterprise);

-- Every version of a plant; none is changed.
CREATE TABLE selfcheck_plant_version (
    plant_id    uuid        NOT NULL REFERENCES selfcheck_plant,
    version     integer     NOT NULL CHECK (version >= 1),
    content     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    reason      text,
    PRIMARY KEY (plant_id, version)
);

-- What was checked. A check that was filed by mistake is withdrawn with the reason; it stays.
CREATE TABLE selfcheck (
    check_id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    plant_id         uuid        NOT NULL REFERENCES selfcheck_plant,
    held_on          date        NOT NULL,
    content          jsonb       NOT NULL,
    filed_on         date        NOT NULL,
    filed_at         timestamptz NOT NULL,
    filed_by         text        NOT NULL,
    withdrawn_at     timestamptz,
    withdrawn_by     text,
    withdrawn_reason text,
    CONSTRAINT selfcheck_withdrawal_whole CHECK ((withdrawn_at IS NULL) = (withdrawn_reason IS NULL)
                                                 AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE INDEX selfcheck_by_day ON selfcheck (plant_id, held_on, check_id);
