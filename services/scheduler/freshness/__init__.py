"""Freshness: how far the ledger's word is known to be complete here, by its heartbeats (the fence of promise P3)."""
