"""The example service on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from duban_contracts.profile import City
from services.chassis.access.keys import NewKey, new_token, store
from services.chassis.access.policy import guard
from services.chassis.access.principal import Principal
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.tests.access import example
from services.chassis.tests.access.city import CITY
from services.chassis.web.app import create_app

MIGRATIONS = Path(__file__).parent / "migrations"


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


def app_with(opened: Database, *routers: APIRouter) -> FastAPI:
    """Return a guarded app called `example` of these routers."""
    return guard(create_app("example", title="example", database=opened, routers=routers), CITY)


@pytest.fixture
def app(opened: Database) -> FastAPI:
    """The example's app."""
    return app_with(opened, *example.routers(example.Things(opened)))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the example."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def key_of(opened: Database, principal: Principal) -> dict[str, str]:
    """Store a key for `principal`; return the request headers that carry it."""
    token = new_token()
    async with opened.transaction() as connection:
        await store(connection, [NewKey(principal, token)])
    return {"authorization": f"Bearer {token}"}
