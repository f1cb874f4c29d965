"""What a move is: one way in which a task goes on, with everything that is said about it in one value."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec

from duban_contracts.days import Zone
from duban_contracts.events.tasks import TaskEvent, TaskFacts, TaskState
from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.belonging import is_of
from services.chassis.access.roles import CITY_OFFICES, DIRECTORS, holds
from services.scheduler.tasks.model.policy import TaskPolicy
from services.scheduler.tasks.model.task import NAMES, OPEN, Task, facts

C = TypeVar("C", bound=msgspec.Struct)

Decision = TaskEvent | Refusal
# A deadline that somebody sets lies within a year: a typing error (2206) is none.
_LATEST_DAYS: Final = 366


class Hand(enum.StrEnum):
    """Whose hand a move takes: the owner's, the owner's or a helper's, anybody's but theirs, or anybody's in its roles."""

    OWNER = "owner"
    PARTY = "party"
    ANOTHER = "another"
    ANYBODY = "anybody"


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and when (UTC, domain time); `policy` is what the city decided on tasks.

    `awaited` names what other tasks still owe, without which this one can't be done. `received_at` is given where the
    words reached the platform before now, as an event of a county does.
    """

    actor: Actor
    at: datetime
    policy: TaskPolicy
    awaited: tuple[str, ...] = ()
    received_at: datetime | None = None

    @property
    def reached_at(self) -> datetime:
        """When the words reached the platform: by it a filing is in time or late, however long it waited since."""
        return self.received_at or self.at

    @property
    def zone(self) -> Zone:
        """Where the city's calendar days begin."""
        return self.policy.days.zone

    @property
    def today(self) -> date:
        """The city's calendar day of `at`."""
        return self.zone.day_of(self.at)


@dataclass(frozen=True, kw_only=True)
class Move(Generic[C]):
    """One move: its name (the HTTP verb), its Chinese words, who may make it and where it leads.

    `roles` may ask for it at all; `hand` says whose unit it must be. `decide` is asked last, with the facts as the task
    would have them after the move. `refusals` are the codes that it gives. `source` names the rule's place in the domain
    documents.
    """

    name: str
    zh: str
    summary: str
    source: str
    command: type[C]
    leads: Mapping[TaskState, TaskState]
    decide: Callable[[Task, C, Stamp, TaskFacts], Decision]
    roles: frozenset[str]
    hand: Hand
    refusals: tuple[str, ...] = ()

    def make(self, task: Task, command: C, stamp: Stamp) -> Decision:
        """Return the event that records `command`, or why it is refused: authority first, then the life cycle."""
        refused = self._authority(task, stamp.actor)
        if refused is not None:
            return refused
        target = self.leads.get(task.state)
        if target is None:
            return refusal(
                "task-state-conflict", rule=f"{task.state} -> {self.name}", state=NAMES[task.state], move=self.zh
            )
        return self.decide(task, command, stamp, msgspec.structs.replace(facts(task), state=target))

    def _authority(self, task: Task, actor: Actor) -> Refusal | None:
        if not holds(actor, self.roles):
            return refusal("role-not-allowed", action=self.zh, roles=", ".join(sorted(self.roles)))
        owner, helper = is_of(actor.unit, task.plan.lead_unit), is_of(actor.unit, *task.plan.helper_units)
        if self.hand is Hand.OWNER and not (owner or holds(actor, CITY_OFFICES)):
            return refusal("task-of-another", move=self.zh, unit=task.plan.lead_unit)
        if self.hand is Hand.PARTY and not (owner or helper or holds(actor, CITY_OFFICES)):
            return refusal("task-of-another", move=self.zh, unit=task.plan.lead_unit)
        if self.hand is Hand.ANOTHER and owner and not holds(actor, DIRECTORS):
            return refusal("own-task", move=self.zh)
        return None


def staying(*states: TaskState) -> dict[TaskState, TaskState]:
    """Return the leads of a move after which a task stands where it stood."""
    return {state: state for state in states}


def still_owed(to: TaskState) -> dict[TaskState, TaskState]:
    """Return the leads of a move that takes what a unit owes to the state `to`."""
    return dict.fromkeys((*OPEN,), to)


def with_deadline(after: TaskFacts, due_on: date, stamp: Stamp) -> TaskFacts:
    """Return the facts with a further deadline, whose last day is `due_on`."""
    return msgspec.structs.replace(
        after,
        due_on=due_on,
        due_at=stamp.policy.days.passes_at(due_on, stamp.at),
        deadline_number=after.deadline_number + 1,
    )


def deadline_holds(due_on: date, stamp: Stamp) -> Refusal | None:
    """Refuse a deadline that has passed already, or lies more than a year ahead. Its own day counts (DOMAIN §4)."""
    today = stamp.today
    if due_on < today:
        return refusal("task-due-in-the-past", field="due_on", today=today.isoformat(), zone=stamp.zone.name)
    if (due_on - today).days > _LATEST_DAYS:
        return refusal("task-due-too-far", field="due_on", latest=(today + timedelta(days=_LATEST_DAYS)).isoformat())
    return None


def another_checks(task: Task, stamp: Stamp) -> Refusal | None:
    """Refuse that the account that submitted it checks it, too."""
    return refusal("own-submission") if stamp.actor.account == task.submitted_by else None
