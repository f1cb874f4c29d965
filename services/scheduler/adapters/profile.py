"""The city profile's calendar.json and policy.json."""

from __future__ import annotations

import hashlib
from datetime import date, time
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from duban_contracts.events.types import Grade
from services.scheduler.domain.calendar import CalendarError, Roll, WorkingCalendar
from services.scheduler.domain.policy import Policy


class ProfileError(ValueError):
    """A file of the city profile can't be used; the message names the file and what is wrong."""


class CalendarFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calendar.json: `holidays` are days off, `workdays` weekend days that are worked (调休); day -> occasion."""

    source: str
    years: list[int]
    holidays: dict[date, str]
    workdays: dict[date, str]


class Reminders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When 到期提醒 goes out: at `time` (local), `days_before` the last day, by grade."""

    time: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    days_before: dict[Grade, list[Annotated[int, msgspec.Meta(ge=0, le=365)]]]


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy.json: `roll` says what happens to a deadline that falls on a day off."""

    roll: Roll = Roll.NONE
    reminders: Reminders


File = TypeVar("File", CalendarFile, PolicyFile)


def load_calendar(directory: Path) -> WorkingCalendar:
    """Read calendar.json; raises ProfileError."""
    path = directory / "calendar.json"
    document = _read(path, CalendarFile)
    try:
        return WorkingCalendar(frozenset(document.years), document.holidays, document.workdays)
    except CalendarError as error:
        raise ProfileError(f"{path}: {error}") from error


def load_policy(directory: Path) -> Policy:
    """Read calendar.json and policy.json; raises ProfileError."""
    document = _read(directory / "policy.json", PolicyFile)
    return Policy(
        calendar=load_calendar(directory),
        roll=document.roll,
        reminder_days={grade: tuple(days) for grade, days in document.reminders.days_before.items()},
        reminder_time=time.fromisoformat(document.reminders.time),
    )


def fingerprint(directory: Path) -> bytes:
    """Return a digest of both files: it changes when somebody edits the calendar or the policy."""
    digest = hashlib.sha256()
    for name in ("calendar.json", "policy.json"):
        digest.update((directory / name).read_bytes() + b"\0")
    return digest.digest()


def _read(path: Path, model: type[File]) -> File:
    try:
        return msgspec.json.decode(path.read_bytes(), type=model)
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ProfileError(f"{path}: {error}") from error
