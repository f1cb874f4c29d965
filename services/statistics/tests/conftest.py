"""One city's statistics: the books in PostgreSQL, or the whole service on Kafka."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.ports import free_ports
from duban_contracts.profile import load_city
from services.chassis.access.principal import Principal
from services.chassis.assembly import Platform, app_of
from services.chassis.storage.database import connect
from services.chassis.testing.clock import ManualClock
from services.statistics.bootstrap import MIGRATIONS, NAME, SLICES
from services.statistics.settings import Settings
from services.statistics.tests.asking import Client
from services.statistics.tests.bench import PROFILE, Bench, Books
from services.statistics.tests.stories import START


@pytest.fixture
def chance() -> random.Random:
    """The same chance in every run."""
    return random.Random(20261121)


@pytest.fixture
def database(make_database: Callable[[str], str], migrated: Callable[[Path, Iterable[str]], str]) -> str:
    """DSN of a fresh database with the service's tables."""
    return make_database(migrated(MIGRATIONS, SLICES))


@pytest.fixture
async def books(database: str) -> AsyncIterator[Books]:
    """The books in PostgreSQL, without Kafka."""
    pool = await connect(database, application_name="test")
    yield Books(pool)
    await pool.close()


@pytest.fixture
def settings(kafka_bootstrap: str, database: str, topic_prefix: str, tmp_path: Path) -> Settings:
    """The settings of a statistics service on Kafka, with a database and a directory of its own."""
    return Settings(
        kafka_bootstrap=kafka_bootstrap,
        postgres_dsn=database,
        topic_prefix=topic_prefix,
        data_directory=tmp_path / "statistics",
        http_port=free_ports(1)[0],
        profile=PROFILE,
        session_seconds=6,
    )


@pytest.fixture
async def bench(settings: Settings) -> Bench:
    """A statistics service that is not started yet, with its topics made."""
    bench = Bench(settings)
    await bench.make_topics()
    return bench


@pytest.fixture
def app(books: Books, database: str) -> FastAPI:
    """What statistics says over HTTP, 60 days after the stories begin."""
    platform = Platform(
        service=NAME,
        settings=Settings(postgres_dsn=database),
        database=books.database,
        clock=ManualClock(START + timedelta(days=60)),
        city=load_city(PROFILE),
    )
    return app_of(platform, [wire(platform) for wire in SLICES.values()], title="test")


@pytest.fixture
async def client(app: FastAPI, books: Books) -> AsyncIterator[Client]:
    """A client of that app, with the city office's key until it speaks as somebody else."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        client = Client(http, books)
        await client.speak_as(Principal("city-office-1", "city_office", "140500"))
        yield client
