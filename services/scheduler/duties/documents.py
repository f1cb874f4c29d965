"""What HTTP says of duties, their versions, occasions and fulfilment, and what it takes to change them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from msgspec import Meta

from duban_contracts.events.types import LongText
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.duties.handlers.plan import Planning
from services.scheduler.duties.model.duty import Duty, DutyState, DutyVersion
from services.scheduler.duties.model.fulfilment import Fulfilment, PeriodState
from services.scheduler.duties.model.occasions import Occasion, OccasionKind


class DutyDocument(Document, frozen=True, kw_only=True):
    """A duty in one of its versions. The newest holds from `effective_on`; before it the ones before did."""

    version: int
    state: DutyState
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    reason: str | None
    duty: Duty

    @classmethod
    def of(cls, version: DutyVersion) -> Self:
        """Return a version as HTTP shows it."""
        return cls(
            version=version.version,
            state=version.state,
            effective_on=version.effective_on,
            recorded_at=version.recorded_at,
            recorded_by=version.recorded_by,
            reason=version.reason,
            duty=version.duty,
        )


class DutyVersions(Document, frozen=True, kw_only=True):
    """Every version of a duty, oldest first."""

    items: list[DutyDocument]


class ChangeDuty(Document, frozen=True, kw_only=True):
    """The duty as it shall be from today on, and why. What has begun stays as it was asked for."""

    duty: Duty
    reason: LongText


class CancelDuty(Document, frozen=True, kw_only=True):
    """Why a duty ends today."""

    reason: LongText


class ByDutyId(Cursor, frozen=True, kw_only=True, tag="duties"):
    """Where a page of duties ends."""

    duty_id: str

    @classmethod
    def of(cls, version: DutyVersion) -> Self:
        """Return the cursor behind a duty."""
        return cls(duty_id=version.duty.duty_id)


class DutyCountGroup(Document, frozen=True, kw_only=True):
    """How many duties have this value; null stands for none."""

    value: str | None
    count: int


class DutyCount(Document, frozen=True, kw_only=True):
    """How many duties there are, and how many of each value."""

    total: int
    groups: list[DutyCountGroup]


class FulfilmentDocument(Document, frozen=True, kw_only=True):
    """One period of a duty: required, done, done late, missing; missed once the period is over and something is missing."""

    period: str
    due_on: date
    required: int
    done: int
    done_late: int
    missing: int
    standing: PeriodState

    @classmethod
    def of(cls, fulfilment: Fulfilment) -> Self:
        """Return a period as HTTP shows it."""
        return cls(
            period=fulfilment.period,
            due_on=fulfilment.due_on,
            required=fulfilment.required,
            done=fulfilment.done,
            done_late=fulfilment.done_late,
            missing=fulfilment.missing,
            standing=fulfilment.standing,
        )


class DutyFulfilment(Document, frozen=True, kw_only=True):
    """How a duty was fulfilled until the day `on`, period by period."""

    duty_id: str
    on: date
    items: list[FulfilmentDocument]


class OccasionDocument(Document, frozen=True, kw_only=True):
    """An occasion; `from_calendar` says that it is a holiday of the calendar."""

    occasion_id: str
    kind: OccasionKind
    name: str
    starts_on: date
    ends_on: date
    duties: list[str]
    from_calendar: bool

    @classmethod
    def of(cls, occasion: Occasion, *, from_calendar: bool = False) -> Self:
        """Return an occasion as HTTP shows it."""
        return cls(
            occasion_id=occasion.occasion_id,
            kind=occasion.kind,
            name=occasion.name,
            starts_on=occasion.starts_on,
            ends_on=occasion.ends_on,
            duties=list(occasion.duties),
            from_calendar=from_calendar,
        )


class Occasions(Document, frozen=True, kw_only=True):
    """The occasions of a year, in order of their first day."""

    items: list[OccasionDocument]


class PlanningDocument(Document, frozen=True, kw_only=True):
    """What a planning did: how many duties were planned anew, and what became of their tasks.

    `without_members` names duty and period where the roster had nobody on the first day, `without_roster` where the profile
    has no such roster any more: what stands of these stays.
    """

    duties: int
    created: int
    revised: int
    kept: int
    withdrawn: int
    without_members: Annotated[list[str], Meta(description="duty/period")]
    without_roster: Annotated[list[str], Meta(description="duty/period")]

    @classmethod
    def of(cls, planning: Planning) -> Self:
        """Return a planning as HTTP shows it."""
        return cls(
            duties=planning.duties,
            created=planning.created,
            revised=planning.revised,
            kept=planning.kept,
            withdrawn=planning.withdrawn,
            without_members=[f"{duty}/{period}" for duty, period in planning.unplanned.without_members],
            without_roster=[f"{duty}/{period}" for duty, period in planning.unplanned.without_roster],
        )
