"""Inspections that file what they found."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from duban_contracts.testing.calendar import local
from services.chassis.access import keys as api_keys
from services.chassis.assembly import Platform
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.findings.inspecting import KEYS, TASK, Inspection
from services.scheduler.tests.serving import app_on
from services.scheduler.tests.tasks.stage import Stage, stage_on


@pytest.fixture
def stage(bench: Bench) -> Stage:
    """Tasks on the bench's database and clock, on Monday 1 June."""
    return stage_on(bench.database, bench.clock)


@pytest.fixture
async def checks(stage: Stage, bench: Bench, platform: Platform[Settings]) -> AsyncIterator[Inspection]:
    """An inspection whose task has opened, as its inspectors file what they find over HTTP."""
    async with stage.database.transaction() as connection:
        await api_keys.store(connection, list(KEYS.values()))
    await stage.plan(TASK)
    await stage.at(local(1, 9))
    transport = httpx.ASGITransport(app_on(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://scheduler") as client:
        yield Inspection(stage, bench, client)
