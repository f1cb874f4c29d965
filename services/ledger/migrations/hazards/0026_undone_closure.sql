-- Whose posts answered for the newest 销号 once it was undone, while nobody has found it false: it may still be. 0027 says it of
-- those that are there, apart from this: adding a column holds the table against everybody.
ALTER TABLE hazard ADD COLUMN undone_closure jsonb;
