"""The example service on a database of its own, three callers, and what its trail holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.storage.trail import FIRST_USE
from services.chassis.tests.trail.example import (
    AUDITOR,
    CITY_REGULATOR,
    COUNTY_REGULATOR,
    MIGRATIONS,
    OPERATOR,
    example,
    key_of,
)


@dataclass(frozen=True)
class World:
    """The service, its callers, and a look into its database."""

    app: FastAPI
    client: httpx.AsyncClient
    database: Database
    regulator: dict[str, str]
    county: dict[str, str]
    auditor: dict[str, str]
    operator: dict[str, str]

    async def rows(self, where: str = "TRUE") -> list[asyncpg.Record]:
        """Return rows of the trail in the order of their writing, those of this test's keys left out."""
        shown = f"action <> '{FIRST_USE}' AND {where}"
        return await self.fetch(f"SELECT * FROM trail.act WHERE {shown} ORDER BY position")  # noqa: S608

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Return rows of the database."""
        async with self.database.acquire() as connection:
            found: list[asyncpg.Record] = await connection.fetch(query, *values)
        return found

    async def flushed(self, where: str = "TRUE") -> list[asyncpg.Record]:
        """Write what is gathered, then return `rows`."""
        await self.app.state.trail.flush()
        return await self.rows(where)


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
