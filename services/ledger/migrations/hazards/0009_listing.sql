-- 挂牌督办 that holds, as the hazard's facts have it; how many there have been; and that nothing listed is struck off.
ALTER TABLE hazard ADD COLUMN listing jsonb,
                   ADD COLUMN listing_count integer NOT NULL DEFAULT 0 CHECK (listing_count >= 0);
ALTER TABLE hazard ADD CONSTRAINT hazard_listed_while_open
    CHECK (listing IS NULL OR state IN ('confirmed', 'rectifying', 'in_review'));
CREATE INDEX hazard_listed ON hazard ((listing ->> 'level'), hazard_id) WHERE listing IS NOT NULL;
