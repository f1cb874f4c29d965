"""What HTTP says of rosters."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from duban_contracts.events.tasks import MemberKind
from services.chassis.web.documents import Document
from services.scheduler.rosters.model import Roster, RosterMember


class RosterMemberDocument(Document, frozen=True, kw_only=True):
    """Who is on a roster, called as on the day that was asked for; `became` took it over when it was merged."""

    code: str
    name: str
    kind: MemberKind
    county: str
    unit: str
    since: date | None
    until: date | None
    became: str | None

    @classmethod
    def of(cls, member: RosterMember, day: date) -> Self:
        """Return a member as of `day`."""
        return cls(
            code=member.code,
            name=member.called(day),
            kind=member.kind,
            county=member.county,
            unit=member.unit,
            since=member.since,
            until=member.until,
            became=member.became,
        )


class RosterDocument(Document, frozen=True, kw_only=True):
    """名册: who was on it `on` that day."""

    code: str
    name: str
    on: date
    members: Annotated[list[RosterMemberDocument], Meta(description="those of the caller's own area")]

    @classmethod
    def of(cls, code: str, roster: Roster, members: tuple[RosterMember, ...], day: date) -> Self:
        """Return a roster as of `day`."""
        shown = [RosterMemberDocument.of(member, day) for member in members]
        return cls(code=code, name=roster.name, on=day, members=shown)


class RosterItem(Document, frozen=True, kw_only=True):
    """One roster: its code and name, and how many were ever on it."""

    code: str
    name: str
    ever: int


class RosterList(Document, frozen=True, kw_only=True):
    """All rosters of the city."""

    items: list[RosterItem]
