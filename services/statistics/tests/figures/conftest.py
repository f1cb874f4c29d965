"""The figures over HTTP on a database with books; no broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from duban_contracts.profile import load_city
from services.chassis.access.principal import Principal
from services.chassis.assembly import Platform, app_of
from services.chassis.process.clock import ManualClock
from services.statistics.bootstrap import NAME
from services.statistics.figures.wire import wire
from services.statistics.settings import Settings
from services.statistics.tests.asking import Client
from services.statistics.tests.bench import PROFILE, Books
from services.statistics.tests.stories import START


@pytest.fixture
def app(books: Books, database: str) -> FastAPI:
    platform = Platform(
        service=NAME,
        settings=Settings(postgres_dsn=database),
        database=books.database,
        clock=ManualClock(START + timedelta(days=60)),
        city=load_city(PROFILE),
    )
    return app_of(platform, [wire(platform)], title="test")


@pytest.fixture
async def client(app: FastAPI, books: Books) -> AsyncIterator[Client]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        client = Client(http, books)
        await client.speak_as(Principal("city-office-1", "city_office", "140500"))
        yield client
