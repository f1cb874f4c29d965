"""A look-back of a closure, and what it comes to."""

from __future__ import annotations

import enum
from datetime import date, datetime

import msgspec


class Outcome(enum.StrEnum):
    """What a look-back came to."""

    PASSED = "passed"
    FAILED = "failed"


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A look-back of a hazard's closure number `closure` (from 1), due at the end of `due_on`."""

    hazard_id: str
    closure: int
    due_on: date


class ShownLookBack(msgspec.Struct, frozen=True, kw_only=True):
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
