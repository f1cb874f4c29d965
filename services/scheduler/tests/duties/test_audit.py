"""The self-audit over planning: the tasks that should stand against those that do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.scheduler.duties.handlers.audit import Deps, PlanningDiscrepancy, SelfAudit, look
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.rules import Quota
from services.scheduler.rosters.model import Rosters
from services.scheduler.tests.bench import metric
from services.scheduler.tests.duties.builders import duty
from services.scheduler.tests.office import NINE_ONES, TABLES, Office

MONTHLY = Quota(period=Period.MONTH)


def deps(office: Office) -> Deps:
    return Deps(office.database, office.clock, office.planner, timedelta(minutes=3))


async def reasons(office: Office) -> list[tuple[str, PlanningDiscrepancy]]:
    audit = await look(deps=deps(office))
    return sorted((finding.period, finding.reason) for finding in audit.findings)


async def change(office: Office, statement: str) -> None:
    async with office.database.transaction() as connection:
        await connection.execute(statement)


@pytest.mark.feature("SY03")
async def test_everything_that_the_city_loads_is_planned_as_a_second_reckoning_asks(office: Office) -> None:
    for name in ("nine-ones-2024.json", "recurring-duties.json", "three-year-actions.json"):
        await office.load(TABLES / name)
    audit = await office.ask("/v1/audit/planning")
    assert (audit["sound"], audit["findings"], audit["findings_total"]) == (True, [], 0)
    assert audit["tasks"] == len(await office.tasks()) > 1000


async def test_a_duty_whose_roster_is_there_no_more_is_told_until_it_is_there_again_or_ends(office: Office) -> None:
    await office.keep(duty(MONTHLY, per="counties", lead=None))
    rosters = office.planner.rosters
    await office.plan(rosters=Rosters({}))
    auditing = SelfAudit(deps(office))
    assert await auditing.audit() == []
    assert metric("duban_planning_wrong") == 1
    assert (await look(deps=deps(office))).without_roster == ("drill",)
    office.clock.set(datetime(2024, 9, 10, tzinfo=UTC))
    await office.plan(rosters=rosters)
    assert await SelfAudit(deps(office)).audit() == []
    assert metric("duban_planning_wrong") == 0
    await office.keep(duty(MONTHLY, per="counties", lead=None, valid_until=date(2024, 9, 9)))
    await office.plan(rosters=Rosters({}))
    found = await look(deps=deps(office))
    assert (found.without_roster, found.findings) == ((), ())


async def test_a_task_that_lacks_or_stands_needlessly_is_found(office: Office) -> None:
    await office.keep(duty(MONTHLY, per="counties", lead=None))
    assert await reasons(office) == []
    await change(office, "DELETE FROM task WHERE period = '2024-07' AND member_code = '140502'")
    await change(office, "UPDATE task SET state = 'cancelled' WHERE period = '2024-08' AND member_code = '140521'")
    await change(
        office, "UPDATE task SET task_id = 'made-up', number = 'RW1' WHERE period = '2024-09' AND county = '140522'"
    )
    assert await reasons(office) == [
        ("2024-07", PlanningDiscrepancy.NOT_PLANNED),
        ("2024-08", PlanningDiscrepancy.NOT_PLANNED),
        ("2024-09", PlanningDiscrepancy.NOT_PLANNED),
        ("2024-09", PlanningDiscrepancy.PLANNED_NEEDLESSLY),
    ]


@pytest.mark.parametrize("wrong", ["due_on = due_on + 1", "lead_unit = 'fire_rescue'"])
async def test_a_task_that_is_planned_for_another_day_or_another_unit_is_found(office: Office, wrong: str) -> None:
    await office.keep(duty(MONTHLY, per="counties", lead=None))
    await change(office, f"UPDATE task SET {wrong} WHERE period = '2024-07' AND member_code = '140502'")  # noqa: S608
    await change(office, f"UPDATE task SET {wrong}, state = 'assigned', version = 1 WHERE period = '2024-01'")  # noqa: S608
    assert await reasons(office) == [("2024-07", PlanningDiscrepancy.PLANNED_OTHERWISE)]


async def test_what_has_begun_is_left_as_it_was_asked_for(office: Office) -> None:
    await office.keep(duty(MONTHLY, per="counties", lead=None))
    await change(
        office, "UPDATE task SET state = 'assigned', version = 1, task_id = 'old' || task_id WHERE period = '2024-01'"
    )
    assert {reason for _, reason in await reasons(office)} == {PlanningDiscrepancy.NOT_PLANNED}


async def test_only_what_two_looks_find_is_told(office: Office) -> None:
    await office.keep(duty(MONTHLY))
    auditing = SelfAudit(deps(office))
    assert await auditing.audit() == []
    await change(office, "DELETE FROM task WHERE period = '2024-12'")
    assert await auditing.audit() == []
    assert metric("duban_planning_wrong") == 0
    assert [finding.period for finding in await auditing.audit()] == ["2024-12"]
    assert metric("duban_planning_wrong") == 1
    await change(office, "DELETE FROM duty_planning")
    await office.plan()
    assert await auditing.audit() == []
    assert metric("duban_planning_wrong") == 0


async def test_planning_has_some_minutes_for_a_year_that_comes_into_sight(office: Office) -> None:
    await office.keep(duty(MONTHLY))
    # On this day the last day of the plan becomes that of the next year; at the first minute nobody has planned it yet.
    office.clock.set(datetime(2024, 9, 2, 16, 1, tzinfo=UTC))
    assert office.planner.horizon(office.clock.now()).year == 2025
    assert await reasons(office) == []
    office.clock.set(datetime(2024, 9, 2, 16, 5, tzinfo=UTC))
    assert len(await reasons(office)) == 12
    await office.plan()
    assert await reasons(office) == []


async def test_a_calendar_of_one_city_asks_nothing_of_who_was_never_loaded(office: Office) -> None:
    await office.load(NINE_ONES, dry_run=True)
    audit = await office.ask("/v1/audit/planning")
    assert (audit["sound"], audit["duties"], audit["tasks"]) == (True, 0, 0)
