-- Rewards of tips: one a tip. Who gets one stands in the vault, under the tip's id.
CREATE TABLE reward (
    reward_id   uuid        PRIMARY KEY,
    version     integer     NOT NULL CHECK (version >= 1),
    state       text        NOT NULL CHECK (state IN ('decided', 'held', 'refused', 'paid')),
    tip_id      uuid        NOT NULL REFERENCES tip,
    tip_number  text        NOT NULL,
    hazard_id   uuid        NOT NULL REFERENCES hazard,
    hazard_number text      NOT NULL,
    county      text        NOT NULL,
    township    text,
    sector      text        NOT NULL,
    unit        text,
    grade       text        NOT NULL CHECK (grade IN ('general', 'major')),
    amount      integer     NOT NULL CHECK (amount >= 0),
    -- Other claims of the same person that look like this one, as they were when it was decided.
    doubles     jsonb       NOT NULL,
    decided_by  text        NOT NULL,
    decided_at  timestamptz NOT NULL,
    resolved_by text,
    resolved_at timestamptz,
    resolution  text,
    paid_by     text,
    paid_on     date,
    voucher     text,
    CONSTRAINT reward_once_a_tip UNIQUE (tip_id),
    CONSTRAINT reward_held_for_a_double CHECK (state <> 'held' OR jsonb_array_length(doubles) > 0),
    CONSTRAINT reward_resolved_whole CHECK (num_nonnulls(resolved_by, resolved_at, resolution) IN (0, 3)),
    CONSTRAINT reward_resolved_by_another CHECK (resolved_by <> decided_by),
    -- What was flagged is paid, or refused, by a second hand only.
    CONSTRAINT reward_flagged_needs_two CHECK (
        jsonb_array_length(doubles) = 0 OR state = 'held' OR resolved_by IS NOT NULL),
    CONSTRAINT reward_paid_whole CHECK (
        num_nonnulls(paid_by, paid_on, voucher) = CASE WHEN state = 'paid' THEN 3 ELSE 0 END)
);
CREATE INDEX reward_by_state ON reward (state, reward_id);
