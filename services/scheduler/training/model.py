"""A training session as it was entered, who attended it, and the three files that are read from sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from duban_contracts.events.types import CountyCode, Sector, ShortText, Uscc
from duban_contracts.refusals import Refusal, violation

StaffNumber = Annotated[
    str,
    Meta(
        pattern=r"^(?![0-9]{17}[0-9Xx]$)[0-9A-Za-z][0-9A-Za-z._/-]*$(?!\n)",
        min_length=1,
        max_length=32,
        description="工号：企业自己的编号，不得填写身份证号",
    ),
]
PersonName = Annotated[
    str,
    Meta(pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)", min_length=1, max_length=50, extra={"text": "line"}),
]
# Halves of an hour: their sums are exact.
Hours = Annotated[float, Meta(ge=0.5, le=1000, multiple_of=0.5, description="学时，以半小时计")]
TaskReference = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]+$", min_length=1, max_length=64)]


class TrainingResult(StrEnum):
    """合格, 不合格, 未考核."""

    PASSED = "passed"
    FAILED = "failed"
    UNTESTED = "untested"


class Attendee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person in one session; `number` tells the enterprise's people apart, whatever they are called."""

    number: StaffNumber
    name: PersonName
    hours: Hours
    result: TrainingResult


class Entered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was entered about a session. `task` is the id or number of the task that the session serves, if any."""

    title: ShortText
    held_on: date
    hours: Hours
    place: ShortText | None = None
    task: TaskReference | None = None
    attendees: Annotated[tuple[Attendee, ...], Meta(min_length=1, max_length=2000)]


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Whose session it is: the enterprise, the county it lies in, and its sector. This never changes."""

    enterprise: Uscc
    county: CountyCode
    sector: Sector | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session in one of its versions; `task_id` is what `entered.task` names. `reason` stands from the second on."""

    session_id: UUID
    version: int
    of: Placed
    entered: Entered
    task_id: str | None
    recorded_at: datetime
    recorded_by: str
    reason: str | None = None

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(1 for each in self.entered.attendees if each.result is TrainingResult.PASSED)


def broken(entered: Entered, *, today: date, earliest: date) -> Iterator[Refusal]:
    """Yield every rule that a session breaks: held by today, each person once, nobody longer than the session."""
    if entered.held_on > today:
        yield violation("training-held-ahead", "$.held_on", today=today)
    if entered.held_on < earliest:
        yield violation("date-too-early", "$.held_on", earliest=earliest)
    seen: set[str] = set()
    for index, each in enumerate(entered.attendees):
        if each.number in seen:
            yield violation("trainee-twice", f"$.attendees[{index}].number")
        seen.add(each.number)
        if each.hours > entered.hours:
            yield violation("training-hours-beyond", f"$.attendees[{index}].hours", hours=f"{entered.hours:g}")


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in the enterprise's book: sums over sessions, and the name as it was entered last."""

    number: str
    name: str
    sessions: int
    hours: float
    passed: int


def people_of(sessions: Iterable[Session]) -> list[PersonLine]:
    """Return the people of these sessions in order of their numbers."""
    attended: dict[str, list[Attendee]] = {}
    for session in sorted(sessions, key=lambda each: (each.entered.held_on, each.session_id)):
        for each in session.entered.attendees:
            attended.setdefault(each.number, []).append(each)
    return [_line(number, entries) for number, entries in sorted(attended.items())]


def _line(number: str, entries: Sequence[Attendee]) -> PersonLine:
    return PersonLine(
        number=number,
        name=entries[-1].name,
        sessions=len(entries),
        hours=sum(each.hours for each in entries),
        passed=sum(1 for each in entries if each.result is TrainingResult.PASSED),
    )


def attended_by(number: str, sessions: Iterable[Session]) -> list[tuple[Session, Attendee]]:
    """Return where the person of a number was, oldest first."""
    found = [(session, each) for session in sessions for each in session.entered.attendees if each.number == number]
    return sorted(found, key=lambda pair: (pair[0].entered.held_on, pair[0].session_id))
