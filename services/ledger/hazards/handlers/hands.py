"""A caller at one instant as pure rules take it."""

from __future__ import annotations

from datetime import datetime

from duban_contracts.days import Zone
from services.chassis.access.acting import Acting
from services.chassis.access.refusals import Caller
from services.ledger.hazards.model.hand import Hand


def hand_of(acting: Acting, *, after: datetime | None = None) -> Hand:
    """Return whose hand a rule is asked about; it acts never before `after`, whatever the machines' clocks say."""
    at = acting.at if after is None else max(acting.at, after)
    return Hand(actor=acting.caller.actor, county=acting.caller.county, at=at, today=acting.today)


def hand_at(caller: Caller, at: datetime, zone: Zone) -> Hand:
    """Return whose hand a rule is asked about, of who acts at the instant `at`."""
    return Hand(actor=caller.actor, county=caller.county, at=at, today=zone.day_of(at))
