"""What the rounds of several counties reserve together is what each would reserve alone (P1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from duban_contracts.cloudevents import CloudEvent
from services.chassis.process.clock import SystemClock
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.storage.database import Connection, Database, connect
from services.chassis.storage.rounds import MOST
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import rectified
from services.gateway.intake.handlers.accept_events import Intake, NotAccepted, accept_events
from services.gateway.intake.handlers.mark_events import Marks
from services.gateway.intake.handlers.reserve_events import Reservations
from services.gateway.intake.model.claims import Claim, RefusedEvent
from services.gateway.intake.model.outcomes import Outcome, Queued
from services.gateway.tests.world import World

pytestmark = pytest.mark.promise("P1")

COUNTIES = [f"1405{number:02}" for number in range(21, 28)]
SOMEBODY_WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'promises' AND wait_event_type = 'Lock'"
)


class Broker:
    """Has everything at once, and remembers what."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    async def publish(self, messages: Sequence[OutboxMessage]) -> list[None]:
        """Say so."""
        self.topics += [message.topic for message in messages]
        return [None] * len(messages)


class Counting:
    """A database that counts its transactions, and has none to give while it is away or when it breaks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = self.alone = 0
        self.is_away = False
        self.breaks = 0

    def transaction(self, **options: Any) -> AbstractAsyncContextManager[Connection]:
        """Count one."""
        self.transactions += 1
        if self.is_away:
            raise ConnectionRefusedError
        if self.breaks:
            self.breaks -= 1
            raise RuntimeError
        return self._database.transaction(**options)

    def acquire(self) -> AbstractAsyncContextManager[Connection]:
        """Pass on what is no transaction, and count it."""
        self.alone += 1
        return self._database.acquire()


class Edge:
    """The gateway's intake in this process, with what it writes to and sends."""

    def __init__(self, database: Database) -> None:
        self.counting, self.broker = Counting(database), Broker()
        counted, clock = cast("Database", self.counting), SystemClock()
        self.intake = Intake(
            counted, cast("ReliableProducer", self.broker), clock, Reservations(counted, clock), Marks(counted, clock)
        )

    async def send(self, county: str, *claims: Claim) -> list[Outcome]:
        """Send one request of a county."""
        return await accept_events(claims, county=county, topic=county, deps=self.intake)


@pytest.fixture
async def database(world: World) -> AsyncIterator[Database]:
    opened = await connect(world.settings.postgres_dsn, application_name="promises")
    yield opened
    await opened.close()


@pytest.fixture
def edge(database: Database) -> Edge:
    return Edge(database)


def claim(content: str = "one", receipt_id: UUID | None = None) -> Claim:
    """Return a claim with an id of its own."""
    said = rectified(content)
    event = CloudEvent(id=str(uuid4()), source="urn:county", type=said.type, data=said.data)
    return Claim(event, receipt_id or uuid4(), "AQ-1", content.encode())


@asynccontextmanager
async def held(world: World, taken: Claim, county: str) -> AsyncIterator[None]:
    """Hold an id: who wants it waits for what becomes of this transaction, which takes it back."""
    transaction = world.connection.transaction()
    await transaction.start()
    try:
        await world.connection.execute(
            """INSERT INTO receipt (receipt_id, county, event_id, source, type, reference, content_digest)
               VALUES ($1, $2, $3, 'urn:county', 'duban.hazard.reported.v1', 'AQ-1', $4)""",
            taken.receipt_id,
            county,
            taken.event.id,
            taken.digest,
        )
        yield
    finally:
        await transaction.rollback()


async def waits_for_it(database: Database) -> None:
    async with database.acquire() as connection:
        assert await connection.fetchval(SOMEBODY_WAITS) == 1


async def test_counties_that_meet_share_a_transaction_and_each_is_told_and_sends_what_it_would_alone(
    edge: Edge, world: World
) -> None:
    known, fresh = claim(), [claim() for _ in COUNTIES]
    await edge.send(COUNTIES[0], known)
    edge.counting.transactions, edge.counting.alone, edge.broker.topics = 0, 0, []
    other = claim("other", receipt_id=known.receipt_id)
    said = await asyncio.gather(
        edge.send(COUNTIES[0], known, other),
        *(edge.send(county, each, each) for county, each in zip(COUNTIES, fresh, strict=True)),
    )
    assert [type(each) for each in said[0]] == [Queued, RefusedEvent]
    assert said[1:] == [[Queued(each.event.id, each.receipt_id)] * 2 for each in fresh]
    assert sorted(edge.broker.topics) == sorted([COUNTIES[0], *COUNTIES])
    # Whoever comes first finds nothing under way; the first county's second request waits for its first.
    assert edge.counting.transactions <= 3
    # So it is with what they mark behind the broker's ack.
    assert edge.counting.alone <= 3
    rows = await world.connection.fetch(
        "SELECT county, queued_at IS NOT NULL AS queued FROM receipt WHERE receipt_id = ANY($1::uuid[])",
        [each.receipt_id for each in fresh],
    )
    assert sorted((row["county"], row["queued"]) for row in rows) == [(county, True) for county in COUNTIES]


@pytest.mark.parametrize("events", [1, MOST + 1], ids=["by one event", "by a bulk"])
async def test_whoever_waits_for_an_id_keeps_no_other_county_waiting(
    edge: Edge, database: Database, world: World, events: int
) -> None:
    wanted = [claim() for _ in range(events)]
    async with held(world, wanted[0], COUNTIES[0]):
        slow = asyncio.create_task(edge.send(COUNTIES[0], *wanted))
        await eventually(partial(waits_for_it, database))
        for county in COUNTIES[1:]:
            (said,) = await edge.send(county, claim())
            assert isinstance(said, Queued)
        assert not slow.done()
    assert len(await slow) == events


async def test_requests_of_one_county_that_come_by_themselves_get_one_content_for_an_id(
    edge: Edge, world: World
) -> None:
    one = claim("one")
    other = claim("other", receipt_id=one.receipt_id)
    sent = [one, other, replace(other), replace(one)]
    edge.counting.breaks = 1  # so that their round is taken apart
    said = await asyncio.gather(*(edge.send(COUNTIES[0], each) for each in sent))
    kept = await world.connection.fetchval("SELECT content_digest FROM receipt WHERE receipt_id = $1", one.receipt_id)
    for (outcome,), each in zip(said, sent, strict=True):
        assert isinstance(outcome, Queued if each.digest == kept else RefusedEvent)


async def test_while_the_database_is_away_everybody_who_met_is_told_at_once(edge: Edge) -> None:
    edge.counting.is_away = True
    said = await asyncio.gather(*(edge.send(county, claim()) for county in COUNTIES), return_exceptions=True)
    assert [type(each) for each in said] == [NotAccepted] * len(COUNTIES)
    assert edge.counting.transactions <= 2
    assert edge.broker.topics == []
