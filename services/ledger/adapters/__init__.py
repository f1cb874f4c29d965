"""SQL of the ledger: every statement stands here."""
