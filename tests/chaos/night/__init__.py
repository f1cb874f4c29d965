"""Faults of the night, one row each: what a real Prometheus and a real Alertmanager make of them, and who is called."""
