"""What HTTP says of follow-ups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from msgspec import Meta

from duban_contracts.events.types import Subject
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.followups.tables import Listed, Position


class FollowUpDocument(Document, frozen=True, kw_only=True):
    """One follow-up: what it is about, until when (inclusive), and whether it was done."""

    about: Subject
    county: str
    sector: str
    unit: str | None
    due_on: date
    due_at: datetime
    set_at: datetime
    done_at: datetime | None
    raised_at: Annotated[datetime | None, Meta(description="已发出督办逾期的时刻")]
    late: Annotated[bool, Meta(description="已过期限（due_at，按工作日历调整后）而未办理")]

    @classmethod
    def of(cls, listed: Listed, now: datetime) -> Self:
        """Return a follow-up as HTTP shows it at `now` (UTC)."""
        each = listed.follow_up
        return cls(
            about=each.about,
            county=each.county,
            sector=each.sector,
            unit=each.unit,
            due_on=each.due_on,
            due_at=each.due_at,
            set_at=each.set_at,
            done_at=each.done_at,
            raised_at=listed.raised_at,
            late=each.is_late(now),
        )


class ByLastDay(Cursor, frozen=True, tag="follow-ups"):
    """Where a page of follow-ups ends. A follow-up's day never changes."""

    due_on: date
    kind: str
    subject_id: str

    @classmethod
    def of(cls, listed: Listed) -> Self:
        """Return the cursor behind a follow-up."""
        about = listed.follow_up.about
        return cls(due_on=listed.follow_up.due_on, kind=about.kind, subject_id=about.id)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.due_on, self.kind, self.subject_id
