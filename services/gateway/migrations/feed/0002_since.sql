-- From when on everything that a county was told is in its feed (wall time). An installation that had none before begins
-- with what is told then; what stood before is in the ledger's lists.
ALTER TABLE feed_end ADD COLUMN since timestamptz;
UPDATE feed_end
   SET since = coalesce((SELECT min(kept_at) FROM feed WHERE feed.county = feed_end.county), now());
ALTER TABLE feed_end ALTER COLUMN since SET DEFAULT now(), ALTER COLUMN since SET NOT NULL;
