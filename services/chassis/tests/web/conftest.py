"""The example service, without a database and with one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import httpx
import pytest

from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.tests.web.example import app, client_of

# A fortieth of a second for each of a hundred tests, else.
_stateless = cache(app)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Speak with the example service; it has no database, keeps nothing, and is made once."""
    async with client_of(_stateless()) as client:
        yield client


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    """Give a fresh database with the chassis' tables and one of notes."""
    await migrate(database, Path(__file__).parent / "migrations")
    opened = await connect(database, application_name="test", max_size=20)
    yield opened
    await opened.close()


@pytest.fixture
async def stored(opened: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Speak with the example service on a database."""
    async with client_of(app(database=opened)) as client:
        yield client
