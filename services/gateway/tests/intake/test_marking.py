"""What the broker has is marked for all counties together, and nobody waits for what is held of another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID, uuid4

import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import Database, connect
from services.chassis.storage.rounds import MOST
from services.chassis.testing.kafka import eventually
from services.gateway.intake.handlers.mark_events import Marks
from services.gateway.receipts import tables
from services.gateway.receipts.model import Reservation
from services.gateway.tests.world import World

pytestmark = pytest.mark.promise("P1")

COUNTIES = ["140521", "140522", "140524"]
SOMEBODY_WAITS = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'marks' AND datname = current_database() AND wait_event_type = 'Lock'"""


@pytest.fixture
async def database(world: World) -> AsyncIterator[Database]:
    opened = await connect(world.settings.postgres_dsn, application_name="marks")
    yield opened
    await opened.close()


async def _reserved(database: Database, county: str, number: int = 1) -> list[UUID]:
    """Return so many receipts of a county that nobody was promised yet."""
    wanted = [
        Reservation(uuid4(), county, str(uuid4()), "urn:county", "duban.hazard.reported.v1", "AQ-1", b"")
        for _ in range(number)
    ]
    async with database.acquire() as connection:
        assert await tables.reserve(connection, wanted) == {}
    return [each.receipt_id for each in wanted]


async def _marked(world: World, *receipt_ids: UUID) -> int:
    number: int = await world.connection.fetchval(
        "SELECT count(queued_at) FROM receipt WHERE receipt_id = ANY($1::uuid[])", receipt_ids
    )
    return number


async def _waits_for_it(world: World) -> None:
    assert await world.connection.fetchval(SOMEBODY_WAITS) == 1


@pytest.mark.parametrize("events", [1, MOST + 1], ids=["one event", "a bulk"])
async def test_a_receipt_that_somebody_holds_keeps_no_other_county_waiting(
    database: Database, world: World, events: int
) -> None:
    marks = Marks(database, SystemClock())
    mine = await _reserved(database, COUNTIES[0], events)
    others = [await _reserved(database, county) for county in COUNTIES[1:]]
    holding = world.connection.transaction()
    await holding.start()
    await world.connection.fetch("SELECT FROM receipt WHERE receipt_id = $1 FOR UPDATE", mine[0])
    slow = asyncio.create_task(marks.mark(mine))
    await asyncio.gather(*map(marks.mark, others))
    await eventually(partial(_waits_for_it, world))
    assert await _marked(world, *(receipt_id for each in others for receipt_id in each)) == len(others)
    assert not slow.done()
    await holding.rollback()
    await slow
    assert await _marked(world, *mine) == events


async def test_the_first_time_that_a_receipt_was_marked_stands(database: Database, world: World) -> None:
    marks = Marks(database, SystemClock())
    receipt_ids = await _reserved(database, COUNTIES[0])
    await marks.mark(receipt_ids)
    when = "SELECT queued_at FROM receipt WHERE receipt_id = ANY($1::uuid[])"
    first = await world.connection.fetchval(when, receipt_ids)
    await marks.mark(receipt_ids)
    assert await world.connection.fetchval(when, receipt_ids) == first is not None
