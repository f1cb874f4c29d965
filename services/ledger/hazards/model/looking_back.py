"""Which closures are looked at again (回头看), drawn so that anybody can draw again."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from duban_contracts.codec import type_of
from duban_contracts.events.hazards import HazardClosed
from duban_contracts.events.types import PlannedLookBack
from duban_contracts.policies import LookBack
from services.ledger.hazards.model.shown import Hazard
from services.ledger.history.model import Record

_HUNDRED: Final = 100
_CLOSED: Final = type_of(HazardClosed).name


def planned(hazard: Hazard, closed_on: date, policy: LookBack) -> PlannedLookBack | None:
    """Return the look-back that closing `hazard` on that day is given by the city's policy, or None where the lot passes it over.

    The lot is the SHA-256 of the hazard's id and the number of its closure: the first two bytes, modulo 100, lie below
    the per cent of its grade. The same closure gives the same answer, whoever asks.
    """
    closure = hazard.reopened_count + 1
    lot = hashlib.sha256(f"{hazard.hazard_id}/{closure}".encode()).digest()
    if int.from_bytes(lot[:2]) % _HUNDRED >= policy.percent(hazard.grade):
        return None
    return PlannedLookBack(closure=closure, due_on=closed_on + timedelta(days=policy.days))


def unannounced(record: Record) -> Record:
    """Return a record without the look-back that its closure was drawn for; its digest stays that of the whole."""
    if record.type != _CLOSED:
        return record
    said: dict[str, Any] = msgspec.json.decode(record.payload)
    said.pop("look_back", None)
    return msgspec.structs.replace(record, payload=msgspec.json.encode(said))
