"""Every event type of the contract, one module per aggregate."""

from duban_contracts.events import claims, feedback, hazards, heartbeat, notices, supervision

__all__ = ["claims", "feedback", "hazards", "heartbeat", "notices", "supervision"]
