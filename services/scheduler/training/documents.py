"""What HTTP takes and says of trainings: the answers to commands and the list name nobody, the three files do."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from duban_contracts.events.types import CountyCode, LongText, Sector, Uscc
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.training.model import Attendee, Entered, PersonLine, Placed, Session, TrainingResult


class RecordTraining(Entered, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session to be entered: of whom, and everything about it."""

    enterprise: Uscc
    county: CountyCode
    sector: Sector | None = None

    @property
    def of(self) -> Placed:
        """Whose session it is."""
        return Placed(enterprise=self.enterprise, county=self.county, sector=self.sector)


class CorrectTraining(Entered, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session as it should have been entered, whole, and why."""

    reason: LongText


def entered_of(command: Entered) -> Entered:
    """Return what a command says of the session itself."""
    return Entered(**{field: getattr(command, field) for field in Entered.__struct_fields__})


class TrainingItem(Document, frozen=True, kw_only=True):
    """A session without its people; `task` is the id of the task that it serves."""

    session_id: UUID
    version: int
    enterprise: str
    county: str
    sector: str | None
    title: str
    held_on: date
    hours: float
    place: str | None
    task: str | None
    attended: int
    passed: int

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return a session as a list shows it."""
        entered = session.entered
        return cls(
            session_id=session.session_id,
            version=session.version,
            **msgspec.structs.asdict(session.of),
            title=entered.title,
            held_on=entered.held_on,
            hours=entered.hours,
            place=entered.place,
            task=session.task_id,
            attended=len(entered.attendees),
            passed=session.passed,
        )


class TrainingFile(Document, frozen=True, kw_only=True):
    """一期一档: one session with everybody who attended it; `reason` is why this version replaced the one before."""

    session: TrainingItem
    attendees: list[Attendee]
    recorded_at: datetime
    recorded_by: str
    reason: str | None

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return the file of a session in one version."""
        return cls(
            session=TrainingItem.of(session),
            attendees=list(session.entered.attendees),
            recorded_at=session.recorded_at,
            recorded_by=session.recorded_by,
            reason=session.reason,
        )


class TrainingVersions(Document, frozen=True, kw_only=True):
    """Every version of a session, oldest first."""

    items: list[TrainingFile]


class TrainingPerson(Document, frozen=True, kw_only=True):
    """One person in the enterprise's book; `trainee_id` leads to the person's own file."""

    trainee_id: UUID
    number: str
    name: str
    sessions: int
    hours: float
    passed: int

    @classmethod
    def of(cls, line: PersonLine, trainee_id: UUID) -> Self:
        """Return a line of the book."""
        return cls(
            trainee_id=trainee_id,
            number=line.number,
            name=line.name,
            sessions=line.sessions,
            hours=line.hours,
            passed=line.passed,
        )


class TrainingBook(Document, frozen=True, kw_only=True):
    """一企一册: an enterprise's sessions of a year, and its people with their sums."""

    enterprise: str
    year: int
    sessions: list[TrainingItem]
    people: list[TrainingPerson]


class PersonalSession(Document, frozen=True, kw_only=True):
    """One session in a person's file."""

    session_id: UUID
    title: str
    held_on: date
    hours: float
    result: TrainingResult

    @classmethod
    def of(cls, session: Session, attended: Attendee) -> Self:
        """Return how a person was in a session."""
        return cls(
            session_id=session.session_id,
            title=session.entered.title,
            held_on=session.entered.held_on,
            hours=attended.hours,
            result=attended.result,
        )


class PersonalFile(Document, frozen=True, kw_only=True):
    """一人一档: every session of one person, oldest first, and the sum of hours."""

    trainee_id: UUID
    enterprise: str
    number: str
    name: Annotated[str, Meta(description="as it was entered last")]
    hours: float
    sessions: list[PersonalSession]


class ByDay(Cursor, frozen=True, kw_only=True, tag="trainings"):
    """Where a page of sessions ends."""

    held_on: date
    session_id: UUID

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return the cursor behind a session."""
        return cls(held_on=session.entered.held_on, session_id=session.session_id)
