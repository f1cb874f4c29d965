"""Rows that rest on coverage: mutual inspection, filed lists, key enterprises of a plan, patrols over five years."""

from __future__ import annotations

from datetime import date

import pytest

from duban_contracts.events.tasks import Member, MemberKind
from duban_contracts.testing.calendar import local
from services.chassis.access.scope import Scope
from services.scheduler.rosters.model import Roster, RosterMember, Rosters
from services.scheduler.tasks.handlers.read import coverage_of
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.moves import Accept, Submit
from services.scheduler.tasks.tables import lists
from services.scheduler.tasks.tables.lists import Filter
from services.scheduler.tests.tasks.stage import CITY, COLLEAGUE, OFFICE, OWNER, TWELVE, Stage, children, report

COUNTIES = Roster(
    name="各县（市、区）",
    members=tuple(
        RosterMember(code=code, name=f"示例县{code}", county=code, unit="county_safety_committee") for code in TWELVE
    ),
)


async def done(stage: Stage, *tasks: PlannedTask) -> None:
    for task in tasks:
        await stage.move(task, Submit(summary="已办"), COLLEAGUE)
        await stage.move(task, Accept(review="齐全"), OFFICE)


async def covered(stage: Stage, duty: str, period: str, roster: Roster) -> tuple[list[str], list[str]]:
    """Return who of a roster has done what a duty asked for in a period, and who is listed as missing."""
    async with stage.database.acquire() as connection:
        tasks = await lists.of_duty(connection, duty, period)
    found = coverage_of(tasks, Rosters({"everybody": roster}), Scope())
    served = [line.member.code for line in found.lines if line.done]
    return served, [line.member.code for line in found.lines if not line.done]


@pytest.mark.feature("SY14")
async def test_each_half_year_every_county_is_once_visited_or_listed_as_missing(stage: Stage) -> None:
    halves = {
        "2026-H1": date(2026, 6, 30),
        "2026-H2": date(2026, 12, 31),
    }
    for period, due_on in halves.items():
        visits = children(duty_id="mutual", period=period, due_on=due_on, roster="everybody", kind="mutual_inspection")
        await stage.plan(*visits)
        await stage.tick()
        visited = visits[:7] if period == "2026-H1" else visits[5:]
        await done(stage, *visited)
        served, missing = await covered(stage, "mutual", period, COUNTIES)
        assert served == [task.county for task in visited]
        assert sorted(served + missing) == list(TWELVE), "every county appears once"


@pytest.mark.feature("SY16")
async def test_a_list_filed_upward_gets_a_dated_receipt_and_an_unfiled_one_shows_at_the_higher_office(
    stage: Stage,
) -> None:
    filed, unfiled = children(TWELVE[:2], duty_id="duty-list", kind="filing", title="职责清单和年度任务清单备案")
    await stage.plan(filed, unfiled)
    await stage.tick()
    stage.clock.set(local(1, 10))
    receipt = await stage.move(filed, Submit(summary="2026 年清单，见附件"), OWNER)
    assert receipt.number.startswith("RW2026-")
    assert (receipt.submitted_at, receipt.late) == (local(1, 10), False)
    async with stage.database.acquire() as connection:
        owed = await lists.page(connection, Scope(), Filter(kind="filing", owed=True), after=None, limit=10)
    assert [task.plan.county for task in owed] == [unfiled.county]


@pytest.mark.feature("SY18")
async def test_a_key_enterprise_of_the_yearly_plan_that_was_not_visited_is_flagged_at_the_years_end(
    stage: Stage,
) -> None:
    firms = [Member(kind=MemberKind.ENTERPRISE, code=f"E{n}", name=f"{n}号企业（虚构）") for n in range(3)]
    plan = [
        report(
            duty_id="enforcement",
            period="2026",
            plan="2026 年度执法计划",
            kind="enforcement",
            county=CITY,
            lead_unit="emergency_management",
            member=firm,
            window_start=date(2026, 1, 1),
            due_on=date(2026, 12, 31),
        )
        for firm in firms
    ]
    await stage.plan(*plan)
    await stage.tick()
    await done(stage, *plan[:2])
    await stage.at(local(1, month=1, year=2027))
    async with stage.database.acquire() as connection:
        wanted = Filter(plan="2026 年度执法计划", late=True)
        flagged = await lists.page(connection, Scope(), wanted, after=None, limit=10)
    assert [task.plan.member for task in flagged] == [firms[2]]


@pytest.mark.feature("SY20")
async def test_the_towns_and_departments_without_a_patrol_in_the_current_five_years_are_shown(stage: Stage) -> None:
    patrolled = Roster(
        name="巡查对象",
        members=(
            RosterMember(code="140502001", name="示例镇", county="140502", unit="township_government"),
            RosterMember(code="transport", name="交通运输局", county=CITY, unit="transport", kind=MemberKind.UNIT),
            RosterMember(code="140521001", name="示例乡", county="140521", unit="township_government"),
        ),
    )
    last, present = (
        [
            report(
                duty_id="patrol",
                period=period,
                kind="patrol",
                county=CITY,
                lead_unit="emergency_management",
                member=member.on(due_on),
                roster="everybody",
                due_on=due_on,
            )
            for member in patrolled.members[:2]
        ]
        for period, due_on in (("2021-2025", date(2025, 12, 31)), ("2026-2030", date(2030, 12, 31)))
    )
    await stage.plan(*last, *present)
    await stage.tick()
    await done(stage, *last, present[0])
    assert await covered(stage, "patrol", "2026-2030", patrolled) == (["140502001"], ["transport", "140521001"])
