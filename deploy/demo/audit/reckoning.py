"""A second reckoning, from the ledger's history alone: plain enough to be believed, and nobody else's code."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from deploy.demo.api import Json
from deploy.demo.audit.days_off import Moved, unmoved
from services.chassis.process.clock import ZONE

_BEFORE_ALL: Final = datetime.min.replace(tzinfo=ZONE)
# What gives a running or resting clock another deadline, and what gives any clock one.
RESET: Final = frozenset({"extended", "deadline_corrected"})
_SET: Final = frozenset({"confirmed", "reopened"}) | RESET


def passed_unsubmitted(history: Sequence[Json], moved: Moved = unmoved) -> set[str]:
    """Return the hazards of which a deadline passed without a 整改完成 in time, reckoned from the history alone.

    `moved` says where a deadline on a day off goes.
    """
    stories: dict[str, _Story] = defaultdict(_Story)
    for record in sorted(history, key=lambda r: (r["hazard_id"], r["version"])):
        payload, verb = payload_of(record), record["type"].split(".")[2]
        at = datetime.fromisoformat(payload["submitted_at"]) if verb == "submitted" else instant_of(record)
        day = date.fromisoformat(payload["deadline_on"]) if "deadline_on" in payload else None
        story = stories[record["hazard_id"]]
        story.missed = story.missed or story.is_late(at)
        story.tell(verb, at, day and moved(day, at.astimezone(ZONE).date()))
    end = max(instant_of(record) for record in history)
    return {hazard for hazard, story in stories.items() if story.was_late or story.missed or story.is_late(end)}


@dataclass
class _Story:
    """One hazard as far as it is read: its deadline, the time allowed to the microsecond, and whether it counts.

    `missed` says that the deadline in force passed, `was_late` that one before it did. A wrong deadline that was set right
    was none. `set_aside` says that the hazard is merged into another, which goes on for it.
    """

    due: datetime = _BEFORE_ALL
    allowed_to: datetime = _BEFORE_ALL
    turned: datetime = _BEFORE_ALL
    paused: datetime | None = None
    running: bool = False
    missed: bool = False
    was_late: bool = False
    set_aside: bool = False

    def is_late(self, now: datetime) -> bool:
        """Return whether the deadline passed before `now` with the clock running."""
        return self.running and now > self.due

    def tell(self, verb: str, at: datetime, day: date | None) -> None:
        """Read one more event."""
        stopped = not self.running and self.paused is None
        if verb not in {*_SET, "submitted", "returned", "closed", "rejected", "merged", "unmerged"}:
            return
        if verb == "unmerged" and not self.set_aside:
            return
        if (verb in RESET and stopped) or (verb == "submitted" and not self.running):
            return
        if verb == "returned" and self.paused is None:
            return
        self.turned = max(at, self.turned)
        if verb in _SET and day is not None:
            self._set(verb, _day_after(day))
        elif verb == "submitted":
            self.running, self.paused = False, self.turned
        elif verb == "returned":
            self._go_on()
        elif verb == "unmerged":
            self._come_back()
        else:
            self.running, self.paused = False, None
            self.set_aside = verb == "merged" and self.due != _BEFORE_ALL

    def _set(self, verb: str, end: datetime) -> None:
        """Take a new deadline: an extension never takes away what is left of one that was not missed."""
        keeps = verb == "extended" and not self.missed
        self.due, self.allowed_to = (max(end, self.due), max(end, self.allowed_to)) if keeps else (end, end)
        self.was_late = self.was_late or (self.missed and verb != "deadline_corrected")
        self.missed = False
        if verb not in RESET:
            self.running, self.paused = True, None

    def _go_on(self) -> None:
        """Count on with what was left, to the end of a day; whoever had nothing left has the day of the return."""
        left = max(self.allowed_to - (self.paused or self.turned), timedelta(0))
        self.running, self.paused = True, None
        if self.missed:
            return
        self.allowed_to = self.turned + left
        local = self.allowed_to.astimezone(ZONE)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self.due = midnight if left and midnight == local else midnight + timedelta(days=1)

    def _come_back(self) -> None:
        """Count on after 拆分; a day that went by meanwhile is given back as what is left of the present one."""
        self.running, self.set_aside = True, False
        if not self.missed and self.due <= self.turned:
            local = self.turned.astimezone(ZONE)
            self.allowed_to = self.turned
            self.due = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


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
