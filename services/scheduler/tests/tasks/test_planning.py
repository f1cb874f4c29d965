"""Planning: one task for each duty, period and member, however often and whenever it is planned."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from duban_contracts.events.tasks import TaskState
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.handlers.plan import Planned, withdraw_tasks
from services.scheduler.tests.tasks.stage import Stage, children, report


@pytest.mark.feature("SY03")
async def test_planning_again_after_a_restart_makes_no_second_task(stage: Stage) -> None:
    batch = children()
    assert await stage.plan(*batch) == Planned(created=12, revised=0, kept=0)
    assert await stage.plan(*batch) == Planned(created=0, revised=0, kept=12)
    await stage.at(local(1, 9))
    assert await stage.plan(*batch) == Planned(created=0, revised=0, kept=12)
    assert await stage.kinds() == ["assigned"] * 12


async def test_two_planners_at_once_make_each_task_once(stage: Stage) -> None:
    batch = children()
    done = await asyncio.gather(*(stage.plan(*batch) for _ in range(4)))
    assert sum(each.created for each in done) == 12
    await stage.tick()
    assert await stage.kinds() == ["assigned"] * 12


async def test_a_changed_duty_changes_what_is_only_planned(stage: Stage) -> None:
    ahead = report(period="2026-06", window_start=date(2026, 6, 20), due_on=date(2026, 7, 1))
    await stage.plan(ahead)
    changed = report(
        period="2026-06", duty_version=2, lead_unit="transport", window_start=date(2026, 6, 25), due_on=date(2026, 7, 5)
    )
    assert await stage.plan(changed) == Planned(created=0, revised=1, kept=0)
    assert await stage.plan(ahead) == Planned(created=0, revised=0, kept=1), "an older version undoes nothing"
    assert (await stage.task(ahead)).plan == changed


async def test_a_duty_edited_while_its_task_is_open_leaves_that_task(stage: Stage) -> None:
    open_one = report()
    await stage.plan(open_one)
    await stage.tick()
    later = report(duty_version=2, title="报送上月工作进展（新表）", due_on=date(2026, 6, 5))
    assert await stage.plan(later) == Planned(created=0, revised=0, kept=1)
    task = await stage.task(open_one)
    assert (task.plan, task.due_on, task.state) == (open_one, date(2026, 6, 1), TaskState.ASSIGNED)


async def test_what_is_asked_for_no_more_is_withdrawn_and_may_come_back(stage: Stage) -> None:
    open_one, ahead = report(), report(period="2026-06", window_start=date(2026, 6, 20), due_on=date(2026, 7, 1))
    await stage.plan(open_one, ahead)
    await stage.tick()
    async with stage.database.transaction() as connection:
        assert await withdraw_tasks(connection, "progress", starting=date(2026, 6, 1), reason="职责已取消") == 1
    assert (await stage.task(ahead)).state is TaskState.CANCELLED
    assert (await stage.task(open_one)).state is TaskState.ASSIGNED, "what was assigned is left to people"
    assert await stage.plan(ahead) == Planned(created=0, revised=1, kept=0)
    await stage.at(local(20))
    assert (await stage.task(ahead)).state is TaskState.ASSIGNED


async def test_a_task_is_said_to_its_unit_when_its_window_opens_and_the_first_one_is_not_lost(stage: Stage) -> None:
    first = report(window_start=date(2026, 6, 1))
    await stage.plan(first)
    stage.clock.set(local(1))
    await stage.tick()
    assert await stage.kinds(first) == ["assigned"], "its window opens at the start of its first day"
