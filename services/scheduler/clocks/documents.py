"""What is said of clocks and deadlines over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from duban_contracts.days import Zone
from duban_contracts.deadlines.reckoning import ClockState, Deadline, Outcome, Segment, Turn
from duban_contracts.events.types import Grade, Listing
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.alarms.model import Alarm, AlarmState, Kind
from services.scheduler.clocks.model.account import account
from services.scheduler.clocks.model.called_for import NAMESPACE
from services.scheduler.clocks.model.listings import NAMESPACE as LISTING_NAMESPACE
from services.scheduler.clocks.tables.clocks import HazardClock
from services.scheduler.clocks.tables.deadlines import DeadlineRow, Position
from services.scheduler.clocks.tables.listings import ListingClock


class DeadlineDocument(Document, frozen=True, kw_only=True):
    """One deadline of a hazard, with what became of it."""

    number: int
    deadline_on: date
    set_by: Turn
    set_at: datetime
    due_at: Annotated[datetime, Meta(description="when it passes: the end of a day of the city")]
    budget_end: Annotated[datetime, Meta(description="when the time allowed is used up, to the microsecond")]
    outcome: Outcome
    settled_at: datetime | None
    noted_at: Annotated[datetime | None, Meta(description="when the ledger took note of 督办逾期")]

    @classmethod
    def of(cls, deadline: Deadline) -> Self:
        """Return a deadline as HTTP shows it."""
        return msgspec.convert(deadline, cls, from_attributes=True)


class SegmentDocument(Document, frozen=True, kw_only=True):
    """A stretch of time in which the clock ran or stood still."""

    state: ClockState
    deadline_number: int
    began_with: Turn
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, segment: Segment) -> Self:
        """Return a segment as HTTP shows it."""
        return msgspec.convert(segment, cls, from_attributes=True)


class AlarmDocument(Document, frozen=True, kw_only=True):
    """An alarm of a hazard: a reminder (due_soon) or 督办逾期 (overdue)."""

    kind: Kind
    deadline_number: int
    days_before: int
    fires_at: datetime
    due_at: datetime
    state: AlarmState
    raised_at: datetime | None
    recalled_at: Annotated[datetime | None, Meta(description="when it was taken back: its deadline had been wrong")]
    event_id: Annotated[str | None, Meta(description="id of the supervision event that said it")]

    @classmethod
    def of(cls, alarm: Alarm, *, namespace: UUID = NAMESPACE) -> Self:
        """Return an alarm as HTTP shows it; `namespace` is that of its kind of subject."""
        raised = alarm.state is AlarmState.RAISED
        return cls(
            kind=alarm.kind,
            deadline_number=alarm.due.number,
            days_before=alarm.days_before,
            fires_at=alarm.fires_at,
            due_at=alarm.due.at,
            state=alarm.state,
            raised_at=alarm.raised_at,
            recalled_at=alarm.recalled_at,
            event_id=str(alarm.key.event_id(namespace)) if raised else None,
        )


class ListingClockDocument(Document, frozen=True, kw_only=True):
    """The clock of one 挂牌督办 of the hazard, which has its own deadline and its own 督办逾期."""

    listing: Listing
    state: ClockState
    due_at: datetime
    outcome: Outcome
    remaining_seconds: Annotated[float | None, Meta(description="what is left while the clock is paused")]
    alarms: list[AlarmDocument]

    @classmethod
    def of(cls, clock: ListingClock, alarms: Iterable[Alarm]) -> Self:
        """Return a listing's clock as HTTP shows it; `alarms` are those of all the hazard's listings."""
        reckoning, left = clock.reckoning, clock.reckoning.remaining
        mine = [alarm for alarm in alarms if alarm.due.about == clock.about]
        return cls(
            listing=clock.listing,
            state=reckoning.state,
            due_at=reckoning.deadline.due_at,
            outcome=reckoning.deadline.outcome,
            remaining_seconds=None if left is None else left.total_seconds(),
            alarms=[AlarmDocument.of(alarm, namespace=LISTING_NAMESPACE) for alarm in mine],
        )


class ClockDocument(Document, frozen=True, kw_only=True):
    """The whole reckoning of a hazard's clock."""

    hazard_id: str
    number: str
    county: str
    sector: str
    grade: Grade | None
    version: Annotated[int, Meta(description="the ledger's version up to which this is reckoned")]
    state: ClockState
    as_of: datetime
    ledger_applied_through: datetime | None
    deadline_number: int
    deadline_on: date
    due_at: datetime
    used_seconds: float
    remaining_seconds: Annotated[float | None, Meta(description="what is left while the clock is paused")]
    deadlines: list[DeadlineDocument]
    segments: list[SegmentDocument]
    alarms: list[AlarmDocument]
    listings: Annotated[list[ListingClockDocument], Meta(description="挂牌督办各自的计时")]
    account: Annotated[list[str], Meta(description="计时说明")]

    @classmethod
    def of(
        cls,
        clock: HazardClock,
        alarms: list[Alarm],
        listings: list[ListingClockDocument],
        *,
        now: datetime,
        applied_through: datetime | None,
        zone: Zone,
    ) -> Self:
        """Return a clock as HTTP shows it at `now`."""
        reckoning, facts, deadline = clock.reckoning, clock.facts, clock.reckoning.deadline
        left = reckoning.remaining
        return cls(
            hazard_id=facts.hazard_id,
            number=facts.number,
            county=facts.county,
            sector=facts.sector,
            grade=reckoning.grade,
            version=reckoning.version,
            state=reckoning.state,
            as_of=now,
            ledger_applied_through=applied_through,
            deadline_number=deadline.number,
            deadline_on=deadline.deadline_on,
            due_at=deadline.due_at,
            used_seconds=reckoning.used(now).total_seconds(),
            remaining_seconds=None if left is None else left.total_seconds(),
            deadlines=[DeadlineDocument.of(each) for each in reckoning.deadlines],
            segments=[SegmentDocument.of(each) for each in reckoning.segments],
            alarms=[AlarmDocument.of(each) for each in alarms],
            listings=listings,
            account=account(reckoning, now, zone),
        )


class DeadlineItem(Document, frozen=True, kw_only=True):
    """One line of the list of deadlines."""

    hazard_id: str
    number: str
    county: str
    sector: str
    deadline_number: int
    deadline_on: date
    due_at: datetime
    state: Annotated[AlarmState, Meta(description="where its 督办逾期 stands")]
    raised_at: datetime | None
    recalled_at: Annotated[datetime | None, Meta(description="when it was taken back: the deadline had been wrong")]

    @classmethod
    def of(cls, row: DeadlineRow) -> Self:
        """Return a row as HTTP shows it."""
        return msgspec.convert(row, cls, from_attributes=True)


class ByDueInstant(Cursor, frozen=True, kw_only=True, tag="deadlines"):
    """Where a page of deadlines ends."""

    due_at: datetime
    hazard_id: str
    deadline_number: int

    @classmethod
    def of(cls, row: DeadlineRow) -> Self:
        """Return the cursor behind `row`."""
        return cls(due_at=row.due_at, hazard_id=row.hazard_id, deadline_number=row.deadline_number)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.due_at, self.hazard_id, self.deadline_number
