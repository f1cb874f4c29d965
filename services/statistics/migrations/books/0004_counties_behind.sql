-- The counties of which the heartbeat said that less is applied, each with its own instant.
ALTER TABLE progress ADD COLUMN behind jsonb NOT NULL DEFAULT '{}';
