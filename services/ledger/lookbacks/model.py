"""Who is looked at again, drawn so that anybody can draw again; what a look-back comes to."""

from __future__ import annotations

import enum
import hashlib
from datetime import date, datetime, timedelta

import msgspec

from duban_contracts.days import Zone
from duban_contracts.policies import LookBack
from services.ledger.hazards.model import Hazard

_HUNDRED = 100


class Outcome(enum.StrEnum):
    """What a look-back came to."""

    PASSED = "passed"
    FAILED = "failed"


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A look-back of a hazard's closure number `closure` (from 1), due at the end of `due_on`."""

    hazard_id: str
    closure: int
    due_on: date


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the list with how its hazard stands; without an `outcome` it is still to be done."""

    hazard_id: str
    closure: int
    number: str
    county: str
    sector: str
    grade: str
    responsible_unit: str
    due_on: date
    outcome: Outcome | None
    done_at: datetime | None


def planned(closed: Hazard, policy: LookBack, zone: Zone) -> Planned | None:
    """Return the look-back that a closure is given by the city's policy, or None where the lot passes it over.

    The lot is the SHA-256 of the hazard's id and the number of its closure: the first two bytes, modulo 100, lie below
    the per cent of its grade. The same closure gives the same answer, whoever asks.
    """
    if closed.closed_at is None:
        return None
    closure = closed.reopened_count + 1
    lot = hashlib.sha256(f"{closed.hazard_id}/{closure}".encode()).digest()
    if int.from_bytes(lot[:2]) % _HUNDRED >= policy.percent(closed.grade):
        return None
    due_on = zone.day_of(closed.closed_at) + timedelta(days=policy.days)
    return Planned(hazard_id=closed.hazard_id, closure=closure, due_on=due_on)
