"""The tasks of a duty: one for each occurrence and each member of its roster, whose ids follow from the cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from duban_contracts.events.tasks import Member, MemberKind, Source
from services.scheduler.duties.model.duty import DutyVersion
from services.scheduler.duties.model.occasions import Occasion
from services.scheduler.duties.model.rules import Occurrence
from services.scheduler.duties.model.versions import ruled
from services.scheduler.rosters.model import NoSuchRoster, RosterMember
from services.scheduler.tasks.model.planned import PlannedTask

MembersOn = Callable[[str, date], Sequence[RosterMember]]
"""The members of a roster on a day; may raise NoSuchRoster."""


@dataclass(slots=True)
class Unplanned:
    """What could not become a task, by duty and period: nobody was on the roster on its first day, or there is no such roster."""

    without_members: list[tuple[str, str]] = field(default_factory=list)
    without_roster: list[tuple[str, str]] = field(default_factory=list)


def tasks_of(
    versions: Sequence[DutyVersion],
    until: date,
    *,
    city: str,
    members: MembersOn,
    occasions: Iterable[Occasion] = (),
    unplanned: Unplanned | None = None,
) -> Iterator[PlannedTask]:
    """Yield the tasks of one duty that open until `until`, in order; `city` is the city's own division code.

    A roster counts as it stands on the day on which the time for an occurrence begins: who joins later is asked for
    the next one. A roster that is there no more stops no other duty: who is meant is not known, and that is told.
    """
    lacking = Unplanned() if unplanned is None else unplanned
    for version, occurrence in ruled(versions, until, occasions):
        duty = version.duty
        if not duty.is_plannable:
            continue
        if duty.per is None:
            yield _task(version, occurrence, county=city, lead=str(duty.lead), member=None)
            continue
        try:
            found = members(duty.per, occurrence.opens_on)
        except NoSuchRoster:
            lacking.without_roster.append((duty.duty_id, occurrence.period))
            continue
        if not found:
            lacking.without_members.append((duty.duty_id, occurrence.period))
        for member in found:
            lead, named = _owner(member, duty.lead), member.on(occurrence.opens_on)
            yield _task(version, occurrence, county=member.county, lead=lead, member=named)


def _owner(member: RosterMember, lead: str | None) -> str:
    """Return which unit owns a member's task: the member itself where it is a unit, else the duty's lead."""
    return member.unit if member.kind is MemberKind.UNIT else lead or member.unit


def _task(
    version: DutyVersion, occurrence: Occurrence, *, county: str, lead: str, member: Member | None
) -> PlannedTask:
    duty = version.duty
    return PlannedTask(
        duty_id=duty.duty_id,
        duty_version=version.version,
        period=occurrence.period,
        period_start=occurrence.period_start,
        period_end=occurrence.period_end,
        kind=duty.kind,
        title=duty.title,
        window_start=occurrence.opens_on,
        due_on=occurrence.due_on,
        county=county,
        lead_unit=lead,
        helper_units=tuple(unit for unit in duty.helpers if unit != lead),
        member=member,
        roster=duty.per,
        ordinal=occurrence.ordinal,
        sectors=duty.sectors,
        evidence=duty.evidence,
        figures=duty.figures,
        approvals=duty.approvals,
        awaits=duty.awaits,
        plan=duty.plan,
        campaign=duty.campaign,
        phase=duty.phase,
        source=Source(document=duty.source.document, item=duty.source.item),
        printed=duty.printed,
        assumed=duty.assumed,
    )
