"""A filing that reached the broker in time is never overtaken by 任务逾期, however late it is read (promise P3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.tasks import TaskReminded
from duban_contracts.testing.calendar import local
from duban_contracts.topics import TopicFamily
from services.chassis.consuming import dead_letters, replay
from services.chassis.consuming.dead_letters import DeadLetter
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.tasks.handlers.audit import Deps, look
from services.scheduler.tasks.handlers.hearing import CONSUMER
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tests.filings.county import OTHER, CountySystem, filing
from services.scheduler.tests.tasks.stage import CITY, COUNTY, report

pytestmark = [pytest.mark.promise("P3"), pytest.mark.feature("SY06")]
MIDNIGHT, IN_TIME = local(2), local(1, 23, 59)


async def assigned(county: CountySystem, *tasks: PlannedTask) -> None:
    await county.stage.plan(*tasks)
    await county.stage.tick()


async def late(county: CountySystem, *tasks: PlannedTask) -> list[bool]:
    return [(await county.stage.task(task)).late for task in tasks]


async def urged(county: CountySystem, *tasks: PlannedTask) -> list[int]:
    said = [decode(event) for event in await county.events(TopicFamily.TASK)]
    about = [each.task.task_id for each in said if isinstance(each, TaskReminded)]
    return [about.count(task.task_id) for task in tasks]


async def test_nothing_is_raised_while_nothing_is_known_of_the_topics(county: CountySystem) -> None:
    task = report()
    await assigned(county, task)
    await county.stage.at(local(2, 12))
    assert await late(county, task) == [False]
    await county.is_read(local(2, 12))
    await county.stage.tick()
    assert await late(county, task) == [True]


async def test_a_filing_in_time_that_is_read_after_the_deadline_is_in_time(county: CountySystem) -> None:
    task, silent = report(), report(period="2026-04")
    await assigned(county, task, silent)
    record = county.record(filing(task), IN_TIME)
    await county.is_read(local(1, 23, 58))
    await county.stage.at(local(2, 3))
    assert await late(county, task, silent) == [False, False]
    await county.read(record)
    await county.is_read(local(2, 3))
    await county.stage.tick()
    assert await late(county, task, silent) == [False, True]


async def test_nobody_who_filed_in_time_is_urged_in_the_morning_after_a_night_without_a_reader(
    county: CountySystem,
) -> None:
    task, silent = report(), report(period="2026-04")
    await assigned(county, task, silent)
    record = county.record(filing(task), IN_TIME)
    await county.stage.at(local(2, 9))
    assert await urged(county, task, silent) == [0, 0], "nothing is known"
    await county.is_read(local(1, 23, 58))
    await county.stage.at(local(2, 9, 30))
    assert await urged(county, task, silent) == [0, 0], "the last minutes of the day are not read"
    await county.is_read(local(2, 9), OTHER)
    await county.stage.at(local(2, 9, 45))
    assert await urged(county, task, silent) == [0, 0], "this county's last minutes are not read"
    await county.read(record)
    await county.is_read(local(2, 10))
    for hour in (10, 11):
        await county.stage.at(local(2, hour))
    assert await late(county, task, silent) == [False, True]
    assert await urged(county, task, silent) == [0, 1]


@pytest.mark.parametrize(("read", "raised"), [(timedelta(0), False), (timedelta(microseconds=1), True)])
async def test_a_deadline_is_raised_once_everything_up_to_its_very_instant_is_read(
    county: CountySystem,
    read: timedelta,
    raised: bool,  # noqa: FBT001
) -> None:
    # What the broker takes at the very instant of the deadline is in time.
    task = report()
    await assigned(county, task)
    county.stage.clock.set(local(2, 1))
    await county.is_read(MIDNIGHT + read)
    await county.stage.tick()
    assert await late(county, task) == [raised]


async def test_a_county_that_is_behind_holds_back_the_alarms_about_its_own_tasks_only(county: CountySystem) -> None:
    own, others, citys = report(), report(county=OTHER, period="2026-04"), report(county=CITY, period="2026-03")
    await assigned(county, own, others, citys)
    await county.is_read(local(2, 1), OTHER)
    await county.is_read(local(1, 12), COUNTY)
    await county.stage.at(local(2, 1))
    assert await late(county, own, others, citys) == [False, True, True]
    reasons = {finding.task_id: finding.reason for finding in (await look(deps=_auditing(county))).findings}
    assert reasons == {own.task_id: "county_behind"}
    await county.is_read(local(2, 1))
    await county.stage.tick()
    assert await late(county, own) == [True]
    assert (await look(deps=_auditing(county))).findings == ()


async def test_however_much_of_one_county_has_to_wait_it_takes_nobodys_place(county: CountySystem) -> None:
    many = [report(duty_id=f"d-{n}") for n in range(alarm_table.BATCH + 1)]
    others = report(county=OTHER)
    await assigned(county, *many, others)
    await county.is_read(local(2, 1), OTHER)
    await county.is_read(local(1, 12), COUNTY)
    await county.stage.at(local(2, 1))
    assert await late(county, others, many[0], many[-1]) == [True, False, False]


async def test_a_filing_that_a_fault_of_ours_kept_out_is_missing_until_somebody_has_decided(
    county: CountySystem,
) -> None:
    task, others = report(), report(county=OTHER, period="2026-04")
    await assigned(county, task, others)
    letter = DeadLetter(county.record(filing(task), IN_TIME), "unexpected-error", "a bug")
    await _keep(county, letter)
    await county.is_read(local(3))
    await county.stage.at(local(3))
    assert await late(county, task, others) == [False, True]
    async with county.stage.database.transaction() as connection:
        number = await connection.fetchval("SELECT id FROM dead_letter")
        await replay.drop(connection, number, "operator-1")
    await county.stage.tick()
    assert await late(county, task) == [True]


async def test_a_filing_that_was_refused_holds_nothing_back(county: CountySystem) -> None:
    task = report()
    await assigned(county, task)
    await county.read(county.record(filing(task, unit="fire_rescue"), IN_TIME))
    await county.is_read(local(2, 1))
    await county.stage.at(local(2, 1))
    assert await late(county, task) == [True]


async def _keep(county: CountySystem, letter: DeadLetter) -> None:
    async with county.stage.database.transaction() as connection:
        await dead_letters.keep(connection, CONSUMER, "", letter)


def _auditing(county: CountySystem) -> Deps:
    return Deps(county.stage.database, county.stage.taskbook, timedelta(seconds=30))
