"""One city's statistics: the books in PostgreSQL, or the whole service on Kafka."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.ephemeral import free_ports
from services.chassis.storage.database import connect
from services.chassis.storage.schema import migrate
from services.statistics.bootstrap import MIGRATIONS, SLICES
from services.statistics.settings import Settings
from services.statistics.tests.bench import PROFILE, Bench, Books


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20261121)


@pytest.fixture
async def books(database: str) -> AsyncIterator[Books]:
    await migrate(database, MIGRATIONS, list(SLICES))
    pool = await connect(database, application_name="test")
    yield Books(pool)
    await pool.close()


@pytest.fixture
def settings(kafka_bootstrap: str, database: str, topic_prefix: str, tmp_path: Path) -> Settings:
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
    bench = Bench(settings)
    await bench.make_topics()
    return bench
