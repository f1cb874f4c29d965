"""The scheduler in this process: its database, its clock, and the committee's office."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from duban_contracts.testing.calendar import local
from services.chassis.assembly import Platform
from services.chassis.storage.database import Database, connect
from services.scheduler.alarms.tables import SESSION_SETTINGS
from services.scheduler.bootstrap import MIGRATIONS, SLICES
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import Bench, PatientClock, bench_on
from services.scheduler.tests.office import Office, office_on
from services.scheduler.tests.serving import unconnected


@pytest.fixture
def database(make_database: Callable[[str], str], migrated: Callable[[Path, Iterable[str]], str]) -> str:
    """DSN of a fresh database with the service's tables."""
    return make_database(migrated(MIGRATIONS, SLICES))


@pytest.fixture
async def scheduler_database(database: str) -> AsyncIterator[Database]:
    """A pool on the service's database, with the settings that it has in service."""
    connected = await connect(database, application_name="test", settings=SESSION_SETTINGS)
    yield connected
    await connected.close()


@pytest.fixture
def bench(scheduler_database: Database) -> Bench:
    """The scheduler's use cases on that database, as 1 June 2026 begins."""
    return bench_on(scheduler_database, PatientClock(local(1)))


@pytest.fixture
def platform(bench: Bench) -> Platform[Settings]:
    """What the slices are wired with, on the bench's database and clock; Kafka is nowhere."""
    return replace(unconnected(), database=bench.database, clock=bench.clock)


@pytest.fixture
async def office(bench: Bench, platform: Platform[Settings]) -> AsyncIterator[Office]:
    """The committee's office on Wednesday 15 May 2024, with the example city's calendar and rosters."""
    bench.clock.set(datetime(2024, 5, 15, 1, tzinfo=UTC))
    opened = await office_on(platform, bench.clock)
    yield opened
    await opened.client.aclose()
