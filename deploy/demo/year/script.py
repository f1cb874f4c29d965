"""What becomes of each task of the year, and when people act: by the task's own days, never by the wall. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
_DAY: Final = timedelta(days=1)
_MORNING: Final = time(10)
_AFTERNOON: Final = time(16)
# How many days the office gives for what was not filed at all.
RENEWED_DAYS: Final = 12


class Fate(StrEnum):
    """What becomes of a task."""

    PROMPT = "prompt"
    LAST_DAY = "last_day"
    RETURNED = "returned"
    RETURNED_LATE = "returned_late"
    ABANDONED = "abandoned"
    LATE = "late"
    RENEWED = "renewed"
    NEVER = "never"
    WAIVED = "waived"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What people do to a task, as HTTP calls it."""

    ACKNOWLEDGE = "acknowledge"
    SUBMIT = "submit"
    APPROVE = "approve"
    ACCEPT = "accept"
    RETURN = "return"
    RENEW = "renew"
    WAIVE = "waive"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a task says of itself: its first day, its last day in force, and its id."""

    task_id: str
    opens_on: date
    due_on: date


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """Something that is to be done at an instant."""

    at: datetime
    task_id: str
    verb: Verb


When = Callable[[Asked, date], datetime]
"""The instant of an act, from the task and the day of the act before it."""


def at(day: date, hour: time = time(0)) -> datetime:
    """Return the instant at which the city's clocks read this."""
    return datetime.combine(day, hour, ZONE)


def _opening(asked: Asked, _: date) -> datetime:
    return at(asked.opens_on, _MORNING)


def _midway(asked: Asked, _: date) -> datetime:
    return at(asked.opens_on + (asked.due_on - asked.opens_on) // 2, _AFTERNOON)


def _last_day(asked: Asked, _: date) -> datetime:
    return at(asked.due_on, _AFTERNOON)


def _next_day(_: Asked, before: date) -> datetime:
    return at(before + _DAY, _MORNING)


def _after_it_passed(asked: Asked, _: date) -> datetime:
    return at(asked.due_on + 2 * _DAY, _MORNING)


def _some_days_late(asked: Asked, _: date) -> datetime:
    return at(asked.due_on + (4 + int(asked.task_id[-2:], 16) % 6) * _DAY, _AFTERNOON)


_SEEN: Final = (Verb.ACKNOWLEDGE, _opening)
_DONE: Final = (Verb.ACCEPT, _next_day)
_LIVES: Final[Mapping[Fate, tuple[tuple[Verb, When], ...]]] = {
    Fate.PROMPT: (_SEEN, (Verb.SUBMIT, _midway), _DONE),
    Fate.LAST_DAY: (_SEEN, (Verb.SUBMIT, _last_day), _DONE),
    Fate.RETURNED: (_SEEN, (Verb.SUBMIT, _midway), (Verb.RETURN, _next_day), (Verb.SUBMIT, _last_day), _DONE),
    Fate.RETURNED_LATE: (
        _SEEN,
        (Verb.SUBMIT, _last_day),
        (Verb.RETURN, _after_it_passed),
        (Verb.SUBMIT, _last_day),
        _DONE,
    ),
    Fate.ABANDONED: (_SEEN, (Verb.SUBMIT, _last_day), (Verb.RETURN, _after_it_passed)),
    Fate.LATE: (_SEEN, (Verb.SUBMIT, _some_days_late), _DONE),
    Fate.RENEWED: (_SEEN, (Verb.RENEW, _some_days_late), (Verb.SUBMIT, _last_day), _DONE),
    Fate.NEVER: (),
    Fate.WAIVED: ((Verb.WAIVE, _midway),),
    Fate.CANCELLED: (_SEEN, (Verb.CANCEL, _midway)),
}
# Most is filed in time, and each dozen or so of tasks holds every fate.
_DECK: Final = (Fate.PROMPT, Fate.PROMPT, Fate.LAST_DAY, Fate.LATE, *Fate)


def deal(seed: int, tasks: Iterable[Asked]) -> dict[str, Fate]:
    """Return the fate of each task; the same seed and tasks give the same."""
    dice = random.Random(f"year-{seed}")  # noqa: S311 - a story, not a secret
    fates: dict[str, Fate] = {}
    deck: list[Fate] = []
    for task in sorted(tasks, key=lambda each: (each.due_on, each.task_id)):
        deck = deck or dice.sample(_DECK, len(_DECK))
        fates[task.task_id] = deck.pop()
    return fates


def next_act(fate: Fate, asked: Asked, done: Sequence[Verb], last: date) -> Act | None:
    """Return what is done next to a task of which `done` was done, lastly on the day `last`; None when nothing is."""
    life = _LIVES[fate]
    if len(done) >= len(life):
        return None
    verb, when = life[len(done)]
    return Act(when(asked, last), asked.task_id, verb)
