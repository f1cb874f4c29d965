-- The counties of which the ledger has applied less, each with its own instant.
ALTER TABLE ledger_heartbeat ADD COLUMN behind jsonb NOT NULL DEFAULT '{}';
