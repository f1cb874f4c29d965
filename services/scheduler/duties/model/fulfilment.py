"""Whether a duty was fulfilled, period by period (SY03): required, done, and missed once the period is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PeriodState(StrEnum):
    """How a period stands: 未到期, 已完成, 缺."""

    OPEN = "open"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Asked:
    """One task of a duty, as the count of a period needs it. `done_on` is the day of the submission that was accepted.

    What was waived or cancelled is not required.
    """

    period: str
    due_on: date
    done_on: date | None
    required: bool = True
    county: str | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """One period of a duty: how many tasks it asked for, how many were done, by when."""

    period: str
    due_on: date
    required: int
    done: int
    done_late: int
    standing: PeriodState

    @property
    def missing(self) -> int:
        """How many are still to be done."""
        return self.required - self.done


def fulfilments(tasks: Iterable[Asked], today: date) -> list[Fulfilment]:
    """Return how the periods of a duty stand on `today`, in order of their last day.

    What was done in January does nothing for the second quarter: on 1 July that is missed. A period that was filled
    late is met, and says so.
    """
    periods: dict[str, list[Asked]] = {}
    for task in tasks:
        periods.setdefault(task.period, []).append(task)
    found = [_fulfilment(period, asked, today) for period, asked in periods.items()]
    return sorted(found, key=lambda each: (each.due_on, each.period))


def _fulfilment(period: str, asked: list[Asked], today: date) -> Fulfilment:
    due_on = max(task.due_on for task in asked)
    required = [task for task in asked if task.required]
    done = [task for task in required if task.done_on is not None and task.done_on <= today]
    late = sum(1 for task in done if task.done_on is not None and task.done_on > task.due_on)
    unfilled = PeriodState.MISSED if today > due_on else PeriodState.OPEN
    standing = PeriodState.MET if len(done) >= len(required) else unfilled
    return Fulfilment(period, due_on, len(required), len(done), late, standing)
