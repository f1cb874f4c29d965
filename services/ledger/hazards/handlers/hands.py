"""A caller at one instant as pure rules take it."""

from __future__ import annotations

from services.chassis.access.acting import Acting
from services.ledger.hazards.model.hand import Hand


def hand_of(acting: Acting) -> Hand:
    """Return whose hand a rule is asked about."""
    return Hand(actor=acting.caller.actor, county=acting.caller.county, at=acting.at, today=acting.today)
