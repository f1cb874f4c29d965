-- 移交: one row for each matter that was handed to another body, with its reply.
CREATE TABLE referral (
    referral_id   uuid        PRIMARY KEY,
    kind          text        NOT NULL CHECK (kind IN ('crime', 'misconduct', 'enforcement')),
    body          text        NOT NULL,
    document      text        NOT NULL,
    matter        text        NOT NULL,
    -- Null: the city's own.
    county        text        CHECK (county ~ '^[0-9]{6}$'),
    sector        text,
    hazard_id     uuid        REFERENCES hazard,
    hazard_number text,
    from_unit     text,
    referred_on   date        NOT NULL,
    recorded_at   timestamptz NOT NULL,
    recorded_by   text        NOT NULL,
    replied_on    date,
    taken_up      boolean,
    reply         text,
    replied_by    text,
    CONSTRAINT referral_hazard_whole CHECK (num_nonnulls(hazard_id, hazard_number) IN (0, 2)),
    CONSTRAINT referral_reply_whole CHECK (num_nonnulls(replied_on, taken_up, reply, replied_by) IN (0, 4)),
    CONSTRAINT referral_replied_after CHECK (replied_on >= referred_on)
);
CREATE INDEX referral_by_day ON referral (referred_on, referral_id);
-- What was open in a month, however long ago it was referred.
CREATE INDEX referral_open ON referral (referred_on, referral_id) WHERE replied_on IS NULL;
