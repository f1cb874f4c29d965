"""Reminders and 任务逾期 on a real database: each once, whoever looks and however often."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.tasks import TaskOverdue, TaskState
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.moves import Accept, Acknowledge, Cancel, Renew, Return, Submit, Waive
from services.scheduler.tests.bench import PatientClock
from services.scheduler.tests.tasks.stage import OFFICE, OWNER, Stage, children, report, stage_on

DONE = Submit(summary="本月检查 46 家")


@pytest.mark.feature("SY06", "SY08")
@pytest.mark.promise("P3")
async def test_one_reminder_before_one_word_at_the_deadline_and_one_after(stage: Stage) -> None:
    task = report()
    stage.clock.set(local(20, month=5))
    await stage.plan(task)
    for now in (local(20, month=5), local(29, 9, month=5), local(1, 23, 59, 59), local(2), local(2, 9), local(20)):
        for _ in range(2):
            await stage.at(now)
    assert await stage.kinds(task) == ["assigned", "due_soon", "overdue", "reminded"]
    overdue = [decode(event) for event in await stage.said(task)][2]
    assert isinstance(overdue, TaskOverdue)
    assert (overdue.task.late, overdue.about.kind, overdue.occurred_at) == (True, "task", local(2))
    assert (await stage.task(task)).late


@pytest.mark.feature("SY06")
async def test_a_county_that_files_on_the_second_is_late_and_its_filing_is_kept(stage: Stage) -> None:
    task = report()
    await stage.plan(task)
    await stage.tick()
    await stage.at(local(2))
    stage.clock.set(local(2, 10))
    await stage.move(task, DONE, OWNER)
    await stage.move(task, Accept(review="齐全"), OFFICE)
    found = await stage.task(task)
    assert (found.state, found.late, found.submitted_at, found.summary) == (
        TaskState.ACCEPTED,
        True,
        local(2, 10),
        "本月检查 46 家",
    )
    assert await stage.kinds(task) == ["assigned", "overdue", "submitted", "accepted"]


@pytest.mark.feature("SY06")
@pytest.mark.promise("P3")
@pytest.mark.parametrize("accepted", [False, True])
async def test_what_is_filed_late_while_the_clock_is_down_is_said_once_when_it_is_back(
    stage: Stage,
    accepted: bool,  # noqa: FBT001
) -> None:
    task, in_time = report(), report(period="2026-04")
    await stage.plan(task, in_time)
    await stage.tick()
    stage.clock.set(local(1, 23, 59))
    await stage.move(in_time, DONE, OWNER)
    stage.clock.set(local(2, 1))
    await stage.move(task, DONE, OWNER)
    if accepted:
        stage.clock.set(local(2, 8))
        await stage.move(task, Accept(review="齐全"), OFFICE)
    for hour in (9, 10):
        await stage.at(local(2, hour))
    said = ["assigned", "submitted", *(["accepted"] if accepted else []), "overdue"]
    assert await stage.kinds(task) == said
    assert "overdue" not in await stage.kinds(in_time)
    found = await stage.task(task)
    assert (found.late, found.submitted_at) == (True, local(2, 1))
    assert found.ended_at == (local(2, 8) if accepted else None)


@pytest.mark.feature("SY08")
async def test_no_reminder_once_the_evidence_is_accepted(stage: Stage) -> None:
    task = report()
    stage.clock.set(local(20, month=5))
    await stage.plan(task)
    await stage.tick()
    await stage.move(task, DONE, OWNER)
    await stage.move(task, Accept(review="齐全"), OFFICE)
    for now in (local(29, 9, month=5), local(2), local(2, 9)):
        await stage.at(now)
    assert await stage.kinds(task) == ["assigned", "submitted", "accepted"]


@pytest.mark.parametrize("ended", [Waive(reason="统一检查", approved_by="纪要"), Cancel(reason="重复")])
async def test_no_word_about_what_was_waived_or_cancelled(stage: Stage, ended: Waive | Cancel) -> None:
    task = report()
    await stage.plan(task)
    await stage.tick()
    await stage.move(task, ended, OFFICE)
    await stage.at(local(3, 12))
    assert "overdue" not in await stage.kinds(task)


async def test_what_waits_for_its_acceptance_is_not_late_however_long_that_takes(stage: Stage) -> None:
    task = report()
    await stage.plan(task)
    await stage.tick()
    await stage.move(task, DONE, OWNER)
    await stage.at(local(10, 12))
    assert await stage.kinds(task) == ["assigned", "submitted"]
    await stage.move(task, Return(reason="缺数据"), OFFICE)
    assert (await stage.task(task)).due_on == date(2026, 6, 15)
    await stage.at(local(16))
    assert await stage.kinds(task) == ["assigned", "submitted", "returned", "overdue"]
    assert (await stage.task(task)).late, "the second deadline passed"


async def test_a_deadline_that_was_renewed_is_raised_once_more(stage: Stage) -> None:
    task = report()
    await stage.plan(task)
    await stage.tick()
    await stage.at(local(2))
    await stage.move(task, Renew(reason="限期补报", due_on=date(2026, 6, 5)), OFFICE)
    await stage.at(local(6))
    await stage.at(local(9))
    kinds = await stage.kinds(task)
    assert kinds.count("overdue") == 2
    ids = [event.id for event in await stage.said(task)]
    assert len(ids) == len(set(ids))


async def test_after_a_long_sleep_the_deadline_is_raised_and_only_useful_reminders_are_sent(stage: Stage) -> None:
    task = report()
    stage.clock.set(local(20, month=5))
    await stage.plan(task)
    await stage.tick()
    await stage.at(local(20))
    assert await stage.kinds(task) == ["assigned", "overdue", "reminded"]


async def test_a_task_whose_day_was_over_when_it_was_planned_is_asked_for_and_not_urged(stage: Stage) -> None:
    task = report()
    stage.clock.set(local(10))
    await stage.plan(task)
    await stage.at(local(12))
    assert await stage.kinds(task) == ["assigned"]
    await stage.move(task, DONE, OWNER)
    assert (await stage.task(task)).late, "its filing is after the day that was set"


@pytest.mark.promise("P3")
async def test_two_clocks_at_once_say_everything_once(stage: Stage) -> None:
    batch = children()
    other = stage_on(stage.database, PatientClock(local(1)))
    await stage.plan(*batch)
    for now in (local(1), local(2), local(2, 9)):
        stage.clock.set(now)
        other.clock.set(now)
        await asyncio.gather(stage.tick(), other.tick(), stage.tick(), other.tick())
    kinds = await stage.kinds()
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"assigned": 12, "overdue": 12, "reminded": 12}


@pytest.mark.promise("P3")
async def test_a_filing_and_the_deadline_meet_and_one_of_two_things_is_true(stage: Stage) -> None:
    """Either the filing came first and nothing is raised, or the task is late; never both, never an error."""
    batch = children()
    await stage.plan(*batch)
    await stage.tick()
    for task in batch:
        await stage.move(task, Acknowledge(), OWNER)
    stage.clock.set(local(2))
    said = await asyncio.gather(stage.tick(), *(stage.move(task, DONE, OWNER) for task in batch), stage.tick())
    assert {found.state for found in said if found is not None} == {TaskState.SUBMITTED}
    for task in batch:
        kinds, found = await stage.kinds(task), await stage.task(task)
        assert kinds.count("submitted") == 1
        assert ("overdue" in kinds) == found.late
