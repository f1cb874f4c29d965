"""Holidays and events make their checks, dated inside them (SY17)."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from services.scheduler.duties.model.occasions import Occasion, OccasionKind, holidays_of
from services.scheduler.duties.model.rules import Occasional
from services.scheduler.tests.duties.builders import duty, falls
from services.scheduler.tests.office import Office

CHECK = duty(
    Occasional(kinds=(OccasionKind.HOLIDAY,), words="重大节日"),
    duty_id="check",
    kind="inspection",
    title="节日检查",
    per="counties",
    lead=None,
)


@pytest.mark.feature("SY17")
async def test_adding_a_holiday_to_the_calendar_makes_a_check_for_every_county_dated_inside_it(office: Office) -> None:
    await office.keep(CHECK)
    before = {task["task_id"] for task in await office.tasks()}
    days = {date(2024, 8, day): "新增节日" for day in (12, 13, 14)}
    done = await office.plan(holidays=(*office.planner.holidays, *holidays_of(days)))
    assert done.created == 6
    new = [task for task in await office.tasks() if task["task_id"] not in before]
    assert len({task["county"] for task in new}) == 6
    assert {(task["opens_on"], task["due_on"]) for task in new} == {(date(2024, 8, 12), date(2024, 8, 14))}


@pytest.mark.feature("SY17")
async def test_an_occasion_that_is_entered_makes_its_checks_at_once(office: Office) -> None:
    await office.keep(CHECK)
    before = len(await office.tasks())
    festival = {
        "occasion_id": "2024-文博会",
        "kind": "holiday",
        "name": "文博会",
        "starts_on": "2024-09-01",
        "ends_on": "2024-09-03",
    }
    done = await office.tell("/v1/occasions", festival, status=201)
    assert (done["created"], len(await office.tasks())) == (6, before + 6)
    assert (await office.tell("/v1/occasions", festival, status=409))["code"] == "occasion-exists"
    [entered] = [each for each in (await office.ask("/v1/occasions"))["items"] if not each["from_calendar"]]
    assert entered["name"] == "文博会"


async def test_an_event_that_names_its_duties_makes_their_tasks_and_no_others(office: Office) -> None:
    by_hand = duty(Occasional(kinds=(OccasionKind.OTHER,), words="事故调查报告公布后"), duty_id="lessons")
    await office.keep(by_hand, duty(by_hand.rule, duty_id="others"))
    report = {
        "occasion_id": "2024-06-报告",
        "kind": "other",
        "name": "事故调查报告公布",
        "starts_on": "2024-06-03",
        "ends_on": "2024-06-30",
        "duties": ["lessons"],
    }
    await office.tell("/v1/occasions", report, status=201)
    assert [(task["duty_id"], task["period"]) for task in await office.tasks()] == [("lessons", "2024-06-报告")]


async def test_a_holiday_that_is_taken_out_takes_its_checks_with_it(office: Office) -> None:
    await office.keep(CHECK)
    kept = tuple(each for each in office.planner.holidays if each.occasion_id != "2024-国庆节")
    assert len(kept) == len(office.planner.holidays) - 1
    done = await office.plan(holidays=kept)
    assert (done.created, done.withdrawn) == (0, 6)


def test_an_occasion_that_names_duties_calls_those_and_no_others_of_its_kind() -> None:
    named = Occasion(
        occasion_id="o-1",
        kind=OccasionKind.EVENT,
        name="运动会",
        starts_on=date(2024, 5, 1),
        ends_on=date(2024, 5, 3),
        duties=("drill",),
    )
    others = msgspec.structs.replace(named, occasion_id="o-2", duties=("patrol",))
    rule = Occasional(kinds=(OccasionKind.EVENT,), words="重大活动")
    found = falls(rule, date(2024, 5, 3), date(2024, 5, 31), named, others)
    assert [(each.period, each.opens_on, each.due_on) for each in found] == [
        ("o-1", date(2024, 5, 1), date(2024, 5, 3))
    ]
    assert falls(rule, date(2024, 5, 4), date(2024, 5, 31), named) == []
    assert falls(rule, date(2024, 4, 1), date(2024, 4, 30), named) == []
