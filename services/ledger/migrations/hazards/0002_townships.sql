-- The division in which a hazard stands, where the ledger could tell it from what the county calls it: a township's
-- officer sees the hazards of the own township only. Rows from before say nothing and stay hidden from it.
ALTER TABLE hazard ADD COLUMN township_code text CHECK (township_code ~ '^[0-9]{9}$');
CREATE INDEX hazard_by_township ON hazard (township_code, hazard_id) WHERE township_code IS NOT NULL;
-- An enterprise's own list.
CREATE INDEX hazard_by_enterprise ON hazard (enterprise_uscc, hazard_id) WHERE enterprise_uscc IS NOT NULL;
-- Where every hazard begins; a registration needn't carry it.
ALTER TABLE hazard ALTER COLUMN overdue SET DEFAULT false,
                   ALTER COLUMN returned_count SET DEFAULT 0,
                   ALTER COLUMN reopened_count SET DEFAULT 0;
