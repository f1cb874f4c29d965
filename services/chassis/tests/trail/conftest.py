"""The example service on a database of its own, three callers, and what its trail holds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.tests.trail.chain import written
from services.chassis.tests.trail.example import (
    AUDITOR,
    CITY_REGULATOR,
    COUNTY_REGULATOR,
    MIGRATIONS,
    OPERATOR,
    example,
    key_of,
)
from services.chassis.tests.trail.world import World


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    """Two boxes, one in each county."""
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    async with opened.transaction() as connection:
        await connection.execute("INSERT INTO box (name, county) VALUES ('b1', '140502'), ('b2', '140521')")
    app = example(opened)
    keys = [await key_of(opened, who) for who in (CITY_REGULATOR, COUNTY_REGULATOR, AUDITOR, OPERATOR)]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("10.1.2.3", 4567))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield World(app, client, opened, *keys)
    await opened.close()


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    """A database with three seals of four rows."""
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    for _ in range(3):
        await written(opened, 4)
    yield opened
    await opened.close()
