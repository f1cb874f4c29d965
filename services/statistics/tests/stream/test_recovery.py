"""The stream table lost, its writes lost, the database cut: the books are right again by themselves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faust.transport.consumer import Consumer

from duban_contracts.testing.stories import in_waves
from services.chassis.process.service import RoleDied, supervise
from services.chassis.testing.kafka import eventually, running
from services.statistics.stream.events.agent import LedgerStream
from services.statistics.tests.bench import ROLES, Bench
from services.statistics.tests.stories import city_of

pytestmark = [pytest.mark.promise("P5"), pytest.mark.promise("P6")]


@pytest.mark.chaos
async def test_a_lost_data_directory_is_recovered_from_the_changelog(bench: Bench, chance: random.Random) -> None:
    city = city_of(30, chance)
    events = in_waves(city)
    await bench.publish(events[:90])
    await bench.book(90)
    bench.wipe_table()
    # The database forgets its records too: only the changelog can tell what the next version builds on.
    await bench.fetch('UPDATE hazard_fact SET record = \'{"hazard_id":"none"}\'::bytea RETURNING 1')
    await bench.publish(events[90:])
    await bench.book(150)
    await bench.expect_equal_books(city)


@pytest.mark.parametrize("guarded", [True, False])
async def test_records_fetched_before_recovery_is_over_are_neither_dropped_nor_passed_over(
    bench: Bench, chance: random.Random, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Faust clears its queues after seeking (upstream issue 596). The seek is slowed so that it always matters.

    Without the guard a loss is noticed before anything is acknowledged past it, by the gap before the next record or, where all that
    waited was dropped, by a partition that stands still; and a new start reads again.
    """
    city = city_of(30, chance)
    events = in_waves(city)
    await bench.publish(events[:90])
    await bench.book(90)
    bench.wipe_table()
    await bench.publish(events[90:])
    with monkeypatch.context() as slow:
        slow.setattr(Consumer, "perform_seek", _slowly(Consumer.perform_seek))
        if not guarded:
            slow.setattr(LedgerStream, "_hold_back", _nothing)
            slow.setattr(bench, "settings", bench.settings.model_copy(update={"stall_seconds": 15.0}))
        await _run_until_booked_or_lost(bench, 150, may_lose=not guarded)
    if not guarded:
        async with running(await bench.service(), *ROLES):
            await eventually(lambda: bench.expect_booked(150))
    await bench.expect_equal_books(city)


def _slowly(seek: Callable[[Consumer], Awaitable[None]]) -> Callable[[Consumer], Awaitable[None]]:
    async def slow(consumer: Consumer) -> None:
        await seek(consumer)
        await asyncio.sleep(2)

    return slow


async def _nothing(*_: object, **__: object) -> None: ...


async def _run_until_booked_or_lost(bench: Bench, number: int, *, may_lose: bool) -> None:
    service, stopping = await bench.service(), asyncio.Event()
    task = asyncio.ensure_future(supervise(service, ROLES, stopping))

    async def booked_or_dead() -> None:
        if not task.done():
            await bench.expect_booked(number)

    try:
        await eventually(booked_or_dead)
        stopping.set()
        await task
    except RoleDied as death:
        if not may_lose or not any(noticed in str(death) for noticed in ("LostRecords", "Stalled")):
            raise
    finally:
        stopping.set()
        await asyncio.gather(task, return_exceptions=True)
        await service.close()


async def test_a_lost_table_write_is_healed_from_the_database(bench: Bench, chance: random.Random) -> None:
    city = city_of(12, chance)
    events = in_waves(city)
    await bench.publish(events[:36])
    await bench.book(36)
    bench.wipe_table()
    await _empty_changelog(bench)
    await bench.publish(events[36:])
    await bench.book(60)
    await bench.expect_equal_books(city)


async def _empty_changelog(bench: Bench) -> None:
    topic = f"{bench.settings.topic_prefix}statistics-hazards-changelog"
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.settings.kafka_bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])

        async def gone() -> None:
            assert topic not in await admin.list_topics()

        await eventually(gone)
    finally:
        await admin.close()
    await bench.make_topics()


async def test_a_database_that_cuts_its_connections_is_waited_for(bench: Bench, chance: random.Random) -> None:
    city = city_of(160, chance)
    async with running(await bench.service(), *ROLES):
        for wave in range(0, 800, 100):
            await bench.publish(in_waves(city)[wave : wave + 100])
            await bench.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'duban-statistics' AND datname = current_database()"
            )
        await eventually(lambda: bench.expect_booked(800))
    await bench.expect_equal_books(city)
    assert await bench.fetch("SELECT 1 FROM dead_letter") == []
