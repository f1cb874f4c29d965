"""Duties and their versions, for the tests of duties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from duban_contracts.events.tasks import MemberKind
from services.scheduler.duties.model.duty import Duty, DutyState, DutyVersion, Origin
from services.scheduler.duties.model.occasions import Occasion
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.planning import tasks_of
from services.scheduler.duties.model.rules import Occurrence, Quota, Rule, occurrences
from services.scheduler.rosters.model import RosterMember
from services.scheduler.tasks.model.planned import PlannedTask

CITY: Final = "140500"
QUARTERLY: Final = Quota(period=Period.QUARTER)
COUNTIES: Final = tuple(
    RosterMember(kind=MemberKind.COUNTY, code=code, name=name, county=code, unit="county_safety_committee")
    for code, name in (("140502", "城区"), ("140521", "沁水县"), ("140522", "阳城县"))
)


def duty(rule: Rule = QUARTERLY, **changed: Any) -> Duty:
    """Return a quarterly drill of 2024 led by the emergency bureau, with these fields changed."""
    fields: dict[str, Any] = {
        "duty_id": "drill",
        "kind": "drill",
        "title": "重点行业企业应急演练",
        "rule": rule,
        "valid_from": date(2024, 1, 1),
        "lead": "emergency_management",
        "source": Origin(document="S0", item="五"),
    }
    return Duty(**(fields | changed))


def version(duty: Duty, number: int = 1, *, effective_on: date | None = None, cancelled: bool = False) -> DutyVersion:
    return DutyVersion(
        version=number,
        state=DutyState.CANCELLED if cancelled else DutyState.IN_FORCE,
        duty=duty,
        effective_on=effective_on or duty.valid_from,
        recorded_at=datetime(2024, 1, 1, tzinfo=UTC),
        recorded_by="city-office-1",
        reason=None if number == 1 else "调整",
    )


def falls(rule: Rule, first: date, last: date, *occasions: Occasion) -> list[Occurrence]:
    return list(occurrences(rule, first, last, duty_id="drill", occasions=occasions))


def due_days(rule: Rule, year: int = 2024) -> list[str]:
    """Return the last days of a rule's occurrences in a year, as MM-DD."""
    return [each.due_on.strftime("%m-%d") for each in falls(rule, date(year, 1, 1), date(year, 12, 31))]


def members(roster: str, day: date) -> Sequence[RosterMember]:
    """Return the counties, whatever the day."""
    return COUNTIES if roster == "counties" else ()


def tasks(
    *versions: DutyVersion, until: date = date(2024, 12, 31), occasions: Sequence[Occasion] = ()
) -> list[PlannedTask]:
    return list(tasks_of(versions, until, city=CITY, members=members, occasions=occasions))
