-- The hazard's own reference, where the claim wrote it otherwise and the ledger took the two for one.
ALTER TABLE receipt ADD COLUMN linked_reference text;
