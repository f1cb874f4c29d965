"""Filing findings and noting what became of them meet on the same rows: in one order, so that neither stops the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import pytest

from services.chassis.testing.kafka import eventually
from services.scheduler.findings import tables
from services.scheduler.findings.handlers import findings_of
from services.scheduler.tests.bench import somebody_waits
from services.scheduler.tests.findings.inspecting import TASK, Inspection, hazard_of, rejection, said

pytestmark = pytest.mark.feature("SY09")
_ONE: Final = "SELECT FROM task_finding WHERE reference_key = $1 FOR UPDATE NOWAIT"


async def _note(checks: Inspection) -> None:
    await checks.bench.learn([*hazard_of(TASK, "2").records(), rejection("1", 1)])


async def _file(checks: Inspection) -> None:
    async with checks.stage.database.transaction() as connection:
        filed = (await findings_of(connection, [TASK.task_id]))[TASK.task_id]
        await tables.file(connection, filed[::-1])


@pytest.mark.parametrize("write", [_note, _file])
async def test_whoever_waits_for_a_finding_holds_none_behind_it(
    checks: Inspection, write: Callable[[Inspection], Awaitable[None]]
) -> None:
    await checks.file(said("1"), said("2"))
    async with checks.stage.database.transaction() as holding:
        await holding.execute(_ONE, "1")
        writing = asyncio.ensure_future(write(checks))
        await eventually(partial(somebody_waits, checks.stage.database))
        await holding.execute(_ONE, "2")
    await writing
