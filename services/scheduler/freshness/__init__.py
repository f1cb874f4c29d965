"""Freshness: how far the ledger's word is known to be complete here, by its heartbeats (the fence of promise P3).

And when each self-audit last ended: that, too, is no younger after a restart.
"""
