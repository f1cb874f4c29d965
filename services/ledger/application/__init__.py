"""What the ledger does, named as business verbs; each runs inside one database transaction."""
