"""Cities and their notifications for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import pytest
import pytest_asyncio

from services.chassis.storage.database import Database, connect
from services.chassis.testing import kafka as chassis_testing
from services.notifications.bootstrap import MIGRATIONS, SLICES, build
from services.notifications.tests.installation import Installation, installed, world_on
from services.notifications.tests.world import World


@pytest_asyncio.fixture
async def installation(tmp_path: Path, postgres_dsn: str, kafka_bootstrap: str) -> AsyncIterator[Installation]:
    """A city of one test; nothing runs yet."""
    async with installed(tmp_path, postgres_dsn, kafka_bootstrap) as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory, postgres_dsn: str, kafka_bootstrap: str
) -> AsyncIterator[Installation]:
    """A city with its running service, for all tests of a module."""
    directory = tmp_path_factory.mktemp("city")
    async with installed(directory, postgres_dsn, kafka_bootstrap) as made:
        service = await build(made.settings, channels=made.channels)
        async with chassis_testing.running(service):
            async with world_on(made) as world:
                await chassis_testing.eventually(world.is_up)
            yield made


@pytest_asyncio.fixture
async def world(running: Installation) -> AsyncIterator[World]:
    """The running service as one test sees it: its own hazards, letters, mails and notices."""
    async with world_on(running) as made:
        yield made


@pytest.fixture
def database(make_database: Callable[[str], str], migrated: Callable[[Path, Iterable[str]], str]) -> str:
    """DSN of a fresh database with the service's tables."""
    return make_database(migrated(MIGRATIONS, SLICES))


@pytest_asyncio.fixture
async def bare(database: str) -> AsyncIterator[Database]:
    """Only the tables."""
    opened = await connect(database, application_name="test", max_size=12)
    yield opened
    await opened.close()
