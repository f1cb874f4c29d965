"""What the scheduler says about time, on `scheduler.supervision.v1`, keyed by the id of the subject."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import CountyCode, HazardFacts, Instant, Sector, Subject, Unit
from duban_contracts.topics import TopicFamily


class SupervisionEvent(EventData, frozen=True, kw_only=True):
    """What supervision events carry: what they are about, whom it concerns, and which of its deadlines is meant.

    `county`, `sector` and `unit` (the unit that is responsible) address a letter and bound who may read it, whatever
    the subject is. `hazard` holds the facts when the subject is a hazard; other kinds may bring facts of their own.
    `deadline_number` counts the deadlines the subject has had, from 1; `deadline_on` is the day as it was set, `due_at`
    the instant (UTC) at which the deadline passes, after pauses; `raised_at` when the scheduler said so.

    `last_day` is the day that counts: the last one that is over at `due_at` (events of older schedulers don't say it).
    `moved_by_review` says that reviews moved it beyond the day as it was set. `returned_on` is the day on which the last
    整改完成 since the confirmation or reopening was returned; absent when none came back.
    """

    about: Subject
    county: CountyCode
    sector: Sector | None = None
    unit: Unit | None = None
    hazard: HazardFacts | None = None
    deadline_number: Annotated[int, Meta(ge=1)]
    deadline_on: date
    due_at: Instant
    raised_at: Instant
    last_day: date | None = None
    moved_by_review: bool = False
    returned_on: date | None = None


@event("supervision.due_soon.v1", family=TopicFamily.SUPERVISION, title_zh="到期提醒")
class SupervisionDueSoon(SupervisionEvent, frozen=True, kw_only=True):
    """到期提醒: `days_left` whole days remain, counting the deadline's own day."""

    days_left: int


@event("supervision.recalled.v1", family=TopicFamily.SUPERVISION, title_zh="撤回")
class SupervisionRecalled(SupervisionEvent, frozen=True, kw_only=True):
    """撤回: what was said about this deadline no longer holds, because it had been set wrongly.

    `corrected_to` is the day that the city put in its place, as it was set then; `hazard` holds the facts after that.
    Said once for each deadline about which something had been said.
    """

    corrected_to: date


@event("supervision.overdue.v1", family=TopicFamily.SUPERVISION, title_zh="督办逾期")
class SupervisionOverdue(SupervisionEvent, frozen=True, kw_only=True):
    """督办逾期: the deadline passed without what it asked for (整改完成); raised once per deadline (promise P3).

    `of_city` says that only the city may do what is owed, and not the county in which it lies: its own office is written to.
    """

    of_city: bool = False
