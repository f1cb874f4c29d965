"""What can't be sealed shows, also after a restart, and stops nothing else (SY66)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.chassis.process.periodic import every
from services.chassis.storage import trail
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.storage.trail import Outcome, TrailRow
from services.chassis.telemetry import metrics
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.trail.example import MIGRATIONS
from services.chassis.trail.sealing import Sealing

pytestmark = [pytest.mark.feature("SY66")]

NOW = datetime(2026, 11, 26, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    """A trail with a row of an hour ago; the process has just begun."""
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    async with opened.transaction() as connection:
        await trail.write(connection, [TrailRow(at=NOW - HOUR, action="a", outcome=Outcome.DONE)])
    metrics.TRAIL_OLDEST_UNSEALED.set(0)
    yield opened
    await opened.close()


def oldest() -> datetime:
    """Return what the alert looks at."""
    (sample,) = (each for metric in metrics.TRAIL_OLDEST_UNSEALED.collect() for each in metric.samples)
    return datetime.fromtimestamp(sample.value, UTC)


async def test_what_waits_is_sealed_and_then_nothing_waits(opened: Database) -> None:
    sealing = Sealing(opened, ManualClock(NOW))
    await sealing.once()
    await sealing.once()
    assert oldest() == NOW


async def test_where_nothing_waits_no_transaction_is_begun(opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five services look once a second, day and night."""
    sealing = Sealing(opened, ManualClock(NOW))
    await sealing.once()
    began = list[int]()
    monkeypatch.setattr(opened, "transaction", lambda **_: began.append(1))
    await sealing.once()
    assert not began


async def test_what_cannot_be_sealed_shows_its_age_from_the_start_on_and_work_beside_it_goes_on(
    opened: Database,
) -> None:
    async with opened.acquire() as connection:
        await connection.execute("ALTER TABLE trail.seal ADD CONSTRAINT never CHECK (number < 0)")
    beside, stopping = list[int](), asyncio.Event()

    async def work() -> None:
        beside.append(1)
        if len(beside) == 3:
            stopping.set()

    clock = ManualClock(NOW)
    async with asyncio.TaskGroup() as role:
        for each in (Sealing(opened, clock).once, work):
            role.create_task(every(1, each, clock=clock, stopping=stopping, name="test"))
    assert oldest() == NOW - HOUR
    async with opened.acquire() as connection:
        await connection.execute("ALTER TABLE trail.seal DROP CONSTRAINT never")
    sealing = Sealing(opened, clock)
    await sealing.once()
    await sealing.once()
    assert oldest() == NOW


async def test_what_cannot_even_be_asked_grows_old_from_the_start_on(opened: Database) -> None:
    async with opened.acquire() as connection:
        await connection.execute("ALTER TABLE trail.unsealed RENAME TO away")
    clock = ManualClock(NOW)
    sealing = Sealing(opened, clock)
    await sealing.once()
    clock.advance(HOUR)
    await sealing.once()
    assert oldest() == NOW


async def test_a_database_that_is_away_is_left_to_whoever_waits_for_it(opened: Database, database: str) -> None:
    hasty = await connect(database, application_name="test", settings={"lock_timeout": "1ms"})
    async with opened.transaction() as connection:
        await connection.execute("LOCK TABLE trail.unsealed IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await Sealing(hasty, ManualClock(NOW)).once()
    await hasty.close()
