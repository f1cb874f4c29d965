"""The self-audit over tasks: what should have been said against what was, and the constraints that stand below it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from duban_contracts.testing.calendar import local
from services.scheduler.tasks.handlers.audit import Deps, audit
from services.scheduler.tasks.model.audit import Discrepancy
from services.scheduler.tasks.moves import Accept, Submit
from services.scheduler.tests.bench import metric
from services.scheduler.tests.tasks.stage import OFFICE, OWNER, Stage, report

MISSED_AFTER: Final = timedelta(seconds=30)


async def found(stage: Stage) -> set[Discrepancy]:
    result = await audit(deps=Deps(stage.database, stage.taskbook, MISSED_AFTER))
    assert metric("duban_tasks_wrong") == len(result.findings)
    return {finding.reason for finding in result.findings}


async def test_a_year_of_a_task_that_was_said_as_it_should_be_is_sound(stage: Stage) -> None:
    task = report()
    stage.clock.set(local(20, month=5))
    await stage.plan(task)
    for now in (local(20, month=5), local(29, 9, month=5), local(2), local(2, 9)):
        await stage.at(now)
        assert await found(stage) == set()
    await stage.move(task, Submit(summary="补报"), OWNER)
    assert await found(stage) == set()
    await stage.move(task, Accept(review="齐全"), OFFICE)
    assert await found(stage) == set()


@pytest.mark.parametrize("accepted", [False, True])
async def test_what_was_filed_late_and_not_said_is_found(stage: Stage, accepted: bool) -> None:  # noqa: FBT001
    task = report()
    await stage.plan(task)
    await stage.tick()
    stage.clock.set(local(2, 0, 0, 20))
    await stage.move(task, Submit(summary="补报"), OWNER)
    if accepted:
        await stage.move(task, Accept(review="齐全"), OFFICE)
    assert await found(stage) == set(), "the clock role still has its time"
    stage.clock.set(local(2, 0, 1))
    assert await found(stage) == {Discrepancy.NOT_RAISED}
    await stage.tick()
    assert await found(stage) == set()


async def test_what_was_not_said_is_found(stage: Stage) -> None:
    task = report()
    await stage.plan(task)
    stage.clock.set(local(1, 1))
    assert await found(stage) == {Discrepancy.NOT_ASSIGNED}
    await stage.tick()
    assert await found(stage) == set()
    stage.clock.set(local(2, 0, 0, 20))
    assert await found(stage) == set(), "the clock role still has its time"
    stage.clock.set(local(2, 0, 1))
    assert await found(stage) == {Discrepancy.NOT_RAISED}
    await stage.tick()
    assert await found(stage) == set()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("DELETE FROM alarm", Discrepancy.ALARM_MISSING),
        ("UPDATE alarm SET state = 'held'", Discrepancy.ALARM_MISSING),
        ("UPDATE alarm SET fires_at = fires_at + interval '1 day' WHERE kind = 'overdue'", Discrepancy.ALARM_MISSING),
        (
            "UPDATE alarm SET state = 'raised', raised_at = fires_at WHERE kind = 'overdue'",
            Discrepancy.NOT_MARKED_LATE,
        ),
        (
            """UPDATE task SET state = 'waived', task = task || '{"state": "waived"}'""",
            Discrepancy.ALARM_LEFT,
        ),
    ],
)
async def test_an_alarm_that_is_not_what_the_task_calls_for_is_found(
    stage: Stage, wrong: str, reason: Discrepancy
) -> None:
    await stage.plan(report())
    await stage.tick()
    async with stage.database.acquire() as connection:
        await connection.execute(wrong)
    assert await found(stage) == {reason}


async def test_nobody_can_make_a_task_submitted_without_a_submission_or_rewrite_its_history(stage: Stage) -> None:
    await stage.plan(report())
    await stage.tick()
    for wrong in (
        "UPDATE task SET state = 'accepted'",
        "UPDATE task SET state = 'planned'",
        "UPDATE task SET version = 0",
        "UPDATE task SET member_kind = 'county'",
        "UPDATE task_history SET type = 'x'",
        "DELETE FROM task_history",
        "TRUNCATE task_history CASCADE",
    ):
        async with stage.database.acquire() as connection:
            with pytest.raises((asyncpg.CheckViolationError, asyncpg.RestrictViolationError)):
                await connection.execute(wrong)
