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
from services.scheduler.rosters.model import RosterMember
from services.scheduler.tasks.model.planned import PlannedTask

MembersOn = Callable[[str, date], Sequence[RosterMember]]
"""The members of a roster on a day."""


@dataclass(slots=True)
class Unplanned:
    """What could not become a task: occurrences on whose first day the roster had nobody."""

    without_members: list[tuple[str, str]] = field(default_factory=list)
    """Duty and period."""


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
    the next one.
    """
    for version, occurrence in ruled(versions, until, occasions):
        duty = version.duty
        if not duty.is_plannable:
            continue
        if duty.per is None:
            yield _task(version, occurrence, county=city, lead=str(duty.lead), member=None)
            continue
        found = members(duty.per, occurrence.opens_on)
        if not found and unplanned is not None:
            unplanned.without_members.append((duty.duty_id, occurrence.period))
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
