-- Since when a letter no longer holds; it was written, and keeps its number.
ALTER TABLE letter ADD COLUMN recalled_at timestamptz;
