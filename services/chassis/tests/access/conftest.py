"""The example service on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from duban_contracts.profile import City
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.tests.access import example
from services.chassis.tests.access.city import CITY
from services.chassis.tests.access.world import MIGRATIONS, app_with


@pytest.fixture
def city() -> City:
    """A city of two counties and a park, each township in one of them."""
    return CITY


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    """The example's database."""
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    yield opened
    await opened.close()


@pytest.fixture
def app(opened: Database) -> FastAPI:
    """The example's app."""
    return app_with(opened, *example.routers(example.Things(opened)))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the example."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client
