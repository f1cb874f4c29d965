"""Exactly one task for each duty, period and member, however often planning runs, crashes, or runs at once."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duban_contracts.days import Zone
from duban_contracts.events.tasks import MemberKind
from services.scheduler.duties.handlers.plan import plan_duties
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.rules import Quota
from services.scheduler.rosters.model import Roster, RosterMember, Rosters
from services.scheduler.tests.duties.builders import duty
from services.scheduler.tests.office import Office

NUMBERS = itertools.count()
MONTHLY = Quota(period=Period.MONTH)
MADE = {
    "duty_id": "drill",
    "kind": "drill",
    "title": "应急演练",
    "rule": {"by": "quota", "period": "quarter"},
    "valid_from": "2024-01-01",
    "lead": "emergency_management",
    "source": {"document": "S0", "item": "五"},
}


def roster(*codes: str, **changed: Any) -> Rosters:
    """Return a roster of these counties, with fields of the first one changed."""
    members = [
        RosterMember(kind=MemberKind.COUNTY, code=code, name=code, county=code, unit="county_safety_committee")
        for code in codes
    ]
    first = RosterMember(
        **{name: getattr(members[0], name) for name in RosterMember.__struct_fields__ if name not in changed}, **changed
    )
    return Rosters({"counties": Roster(name="县", members=(first, *members[1:]))})


class Cut(Exception):
    pass


async def cut_off(office: Office) -> None:
    """Plan, and end before the transaction does."""
    async with office.database.transaction() as connection:
        await plan_duties(connection, ["drill"], planner=office.planner, now=office.clock.now())
        raise Cut


async def test_planning_again_makes_nothing_twice(office: Office) -> None:
    _, first = await office.keep(duty(per="counties", lead=None))
    before = await office.tasks()
    # Six counties, four quarters of this year; from September on the next year is planned, too.
    assert (first.created, len(before)) == (24, 24)
    again = await office.plan()
    assert (again.duties, again.created) == (0, 0)
    # Even by somebody who has lost all memory of having planned.
    async with office.database.transaction() as connection:
        await connection.execute("DELETE FROM duty_planning")
    lost = await office.plan()
    assert (lost.duties, lost.created, lost.kept) == (1, 0, 24)
    assert await office.tasks() == before


async def test_two_that_plan_at_once_make_one_task_each(office: Office) -> None:
    await office.keep(duty(per="counties", lead=None))
    before = await office.tasks()
    async with office.database.transaction() as connection:
        await connection.execute("DELETE FROM duty_planning")
        await connection.execute("DELETE FROM task")
    both = await asyncio.gather(office.plan(), office.plan())
    assert sorted(each.created for each in both) == [0, 24]
    assert await office.tasks() == before


async def test_a_planning_that_is_cut_off_leaves_nothing_and_is_done_again(office: Office) -> None:
    await office.keep(duty(per="counties", lead=None))
    before = await office.tasks()
    async with office.database.transaction() as connection:
        await connection.execute("DELETE FROM duty_planning")
        await connection.execute("DELETE FROM task")

    with pytest.raises(Cut):
        await cut_off(office)
    assert await office.tasks() == []
    assert (await office.plan()).created == 24
    assert await office.tasks() == before


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["plan", "forget", "weekly", "monthly", "quarterly", "next day"]), min_size=1, max_size=8
    )
)
async def test_whatever_happens_every_day_of_the_plan_is_asked_for_once(office: Office, steps: list[str]) -> None:
    office.clock.set(datetime(2024, 5, 15, 1, tzinfo=UTC))
    # One database for all examples: each has a duty of its own.
    name = f"d-{next(NUMBERS)}"
    rules = {"weekly": Period.WEEK, "monthly": Period.MONTH, "quarterly": Period.QUARTER}
    await office.keep(duty(duty_id=name))
    for step in steps:
        if step in rules:
            await office.keep(duty(Quota(period=rules[step]), duty_id=name))
        elif step == "next day":
            office.clock.set(office.clock.now() + timedelta(days=1))
        elif step == "forget":
            async with office.database.transaction() as connection:
                await connection.execute("DELETE FROM duty_planning")
        await office.plan()
    tasks = sorted(await office.tasks(name), key=lambda task: task["opens_on"])
    for before, after in itertools.pairwise(tasks):
        assert before["due_on"] < after["opens_on"]
    assert tasks[0]["opens_on"] == date(2024, 1, 1)
    assert tasks[-1]["due_on"] >= date(2024, 12, 29)


async def test_a_change_at_night_takes_effect_on_the_citys_own_day(office: Office) -> None:
    await office.tell("/v1/duties", MADE, status=201)
    # 16:30 in Greenwich is half past midnight of the next day in Shanghai.
    office.clock.set(datetime(2024, 6, 30, 16, 30, tzinfo=UTC))
    changed = await office.tell("/v1/duties/drill/change", {"duty": {**MADE, "title": "改"}, "reason": "调整"})
    assert changed["effective_on"] == "2024-07-01"
    titles = {task["period"]: task["title"] for task in await office.tasks()}
    assert (titles["2024-Q2"], titles["2024-Q3"]) == ("应急演练", "改")


def test_the_citys_zone_is_a_zone_and_no_offset() -> None:
    # China had summer time from 1986 to 1991: a day began an hour earlier than eight hours before Greenwich's.
    zone = Zone("Asia/Shanghai")
    assert zone.start_of_day(date(1988, 7, 1)).hour == 15
    assert zone.start_of_day(date(2024, 7, 1)).hour == 16


async def test_a_period_with_no_member_makes_no_task_and_is_said(office: Office) -> None:
    office.planner = replace(office.planner, rosters=roster("140502", since=date(2024, 7, 1)))
    _, done = await office.keep(duty(per="counties", lead=None))
    assert [task["period"] for task in await office.tasks()] == ["2024-Q3", "2024-Q4"]
    assert done.unplanned.without_members == [("drill", "2024-Q1"), ("drill", "2024-Q2")]


async def test_a_member_that_is_merged_in_mid_year_keeps_its_past_and_is_asked_for_nothing_more(office: Office) -> None:
    office.planner = replace(office.planner, rosters=roster("140502", "140521"))
    await office.keep(duty(per="counties", lead=None))
    merged = roster("140502", "140521", until=date(2024, 6, 30), became="140521")
    done = await office.plan(rosters=merged)
    assert done.withdrawn == 2
    left = [(task["period"], task["county"]) for task in await office.tasks()]
    assert [period for period, county in left if county == "140502"] == ["2024-Q1", "2024-Q2"]
    assert len([county for _, county in left if county == "140521"]) == 4


async def test_a_roster_that_is_taken_out_of_the_profile_stops_nothing_and_what_stands_by_it_stays(
    office: Office,
) -> None:
    office.planner = replace(office.planner, rosters=roster("140502", "140521"))
    await office.keep(duty(per="counties", lead=None))
    await office.keep(duty(duty_id="other"))
    before = await office.tasks()
    done = await office.plan(rosters=Rosters({}))
    assert (done.created, done.revised, done.withdrawn) == (0, 0, 0)
    assert done.unplanned.without_roster == [("drill", f"2024-Q{quarter}") for quarter in (1, 2, 3, 4)]
    assert await office.tasks() == before
    # Those that need no roster go on being planned, from September on for the next year.
    office.clock.set(datetime(2024, 9, 10, tzinfo=UTC))
    assert (await office.plan()).created == 4
    # With its roster again the duty is planned again.
    assert (await office.plan(rosters=roster("140502"))).created == 4
    assert {task["county"] for task in await office.tasks("drill") if task["state"] == "planned"} == {"140502"}


async def test_a_renamed_member_owes_what_it_owed(office: Office) -> None:
    office.planner = replace(office.planner, rosters=roster("140502"))
    await office.keep(duty(per="counties", lead=None))
    before = [task["task_id"] for task in await office.tasks()]
    done = await office.plan(rosters=roster("140502", name="新城区"))
    assert (done.created, done.withdrawn) == (0, 0)
    assert [task["task_id"] for task in await office.tasks()] == before


async def test_from_september_on_the_next_year_is_planned(office: Office) -> None:
    await office.keep(duty(MONTHLY))
    assert len(await office.tasks()) == 12
    office.clock.set(datetime(2024, 9, 10, tzinfo=UTC))
    assert (await office.plan()).created == 12


async def test_a_clock_that_is_behind_takes_nothing_back(office: Office) -> None:
    office.clock.set(datetime(2024, 9, 10, tzinfo=UTC))
    await office.keep(duty(MONTHLY, per="counties", lead=None))
    before = await office.tasks()
    assert len(before) == 24 * 6
    office.clock.set(datetime(2024, 5, 15, tzinfo=UTC))
    done = await office.plan(rosters=roster(*sorted({task["county"] for task in before})))
    assert (done.duties, done.created, done.withdrawn) == (1, 0, 0)
    assert [task["task_id"] for task in await office.tasks()] == [task["task_id"] for task in before]


async def test_four_a_year_are_four_tasks_of_one_period(office: Office) -> None:
    await office.keep(duty(Quota(period=Period.YEAR, count=4)))
    found = await office.tasks()
    assert [(task["period"], task["due_on"]) for task in found] == [("2024", date(2024, 12, 31))] * 4
    assert len({task["task_id"] for task in found}) == 4
