"""Verbs of the service: issue, deliver, acknowledge, resolve."""
