"""A second reckoning, from the ledger's history alone: plain enough to be believed, and nobody else's code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from deploy.demo.api import Json
from services.chassis.process.clock import ZONE


def passed_unsubmitted(history: Sequence[Json]) -> set[str]:
    """Return the hazards of which a deadline passed without a 整改完成 in time, reckoned from the history alone.

    A plain second reckoning, for this city's stories: no extension and no reopening occurs in them.
    """
    overdue: set[str] = set()
    left: dict[str, timedelta] = {}
    due: dict[str, datetime] = {}
    end = max(instant_of(record) for record in history)
    for record in sorted(history, key=lambda r: (r["hazard_id"], r["version"])):
        hazard, payload, verb = record["hazard_id"], payload_of(record), record["type"].split(".")[2]
        if verb == "confirmed":
            due[hazard] = _day_after(date.fromisoformat(payload["deadline_on"]))
        elif verb == "submitted" and hazard in due:
            at = datetime.fromisoformat(payload["submitted_at"])
            if at > due[hazard]:
                overdue.add(hazard)
            left[hazard] = due.pop(hazard) - at
        elif verb == "returned" and left[hazard] > timedelta(0):
            resumed = (instant_of(record) + left[hazard]).astimezone(ZONE)
            whole = resumed.replace(hour=0, minute=0, second=0, microsecond=0)
            due[hazard] = whole if whole == resumed else whole + timedelta(days=1)
        elif verb in {"closed", "rejected"}:
            due.pop(hazard, None)
    return overdue | {hazard for hazard, instant in due.items() if instant < end}


def payload_of(record: Json) -> Json:
    """Return the published event of a history record."""
    payload = record["payload"]
    decoded: Json = json.loads(payload) if isinstance(payload, str) else payload
    return decoded


def instant_of(record: Json) -> datetime:
    """Return when a history record's event happened (UTC)."""
    return datetime.fromisoformat(payload_of(record)["occurred_at"])


def _day_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=ZONE)


def period_of(history: Sequence[Json]) -> tuple[str, str]:
    """Return the first and the last day of a history, in Asia/Shanghai."""
    days = [instant_of(record).astimezone(ZONE).date() for record in history]
    return min(days).isoformat(), max(days).isoformat()
