"""The stream processor on real Kafka and PostgreSQL: killed, wiped, poisoned, and still right."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faust.transport.consumer import Consumer
from prometheus_client import REGISTRY

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.testing.stories import Story, heartbeat, in_waves
from services.chassis.process.service import RoleDied, Service, supervise
from services.chassis.testing.kafka import eventually, read_all, running
from services.statistics.recompute.model import books_of
from services.statistics.stream.events.agent import LedgerStream
from services.statistics.tests.bench import ROLL_UP, Bench, flows_of
from services.statistics.tests.stories import START, city_of, found, history_of, hour, open_since

_ROLES = ("consumer", "relay")


async def _expect_equal_books(bench: Bench, city: list[Story]) -> None:
    assert flows_of(await bench.fetch(ROLL_UP)) == dict(books_of(history_of(city)).flows)


def _metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_events_become_figures_and_offsets_are_committed_on_stop(bench: Bench, chance: random.Random) -> None:
    city = city_of(40, chance)
    await bench.publish(in_waves(city))
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: bench.expect_booked(200))
    await _expect_equal_books(bench, city)
    duplicates = _metric("duban_consumer_events_total", consumer="statistics.hazards", outcome="duplicate")
    await bench.publish([CloudEvent(id="end", source="/x", type="duban.unknown.v1", data=b"{}", partitionkey="h00000")])
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: _expect_skipped(1))
    # A clean stop committed what it had booked: nothing was delivered again.
    assert _metric("duban_consumer_events_total", consumer="statistics.hazards", outcome="duplicate") == duplicates


def _expect_skipped(number: int) -> None:
    assert _metric("duban_consumer_events_total", consumer="statistics.hazards", outcome="skipped") >= number


@pytest.mark.chaos
@pytest.mark.parametrize(
    "failpoint", ["statistics.taken#3", "statistics.before_database_commit#3", "statistics.booked#3"]
)
async def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(
    bench: Bench, chance: random.Random, failpoint: str
) -> None:
    city = city_of(120, chance)
    await bench.publish(in_waves(city))
    async with bench.process(failpoint) as process:
        assert await asyncio.wait_for(process.wait(), 40) == -signal.SIGKILL
    assert await bench.booked() < 600
    async with bench.process():
        await eventually(lambda: bench.expect_booked(600), 60)
    await _expect_equal_books(bench, city)


@pytest.mark.chaos
async def test_a_worker_killed_in_the_middle_of_2000_events_ends_with_the_recomputed_books(
    bench: Bench, chance: random.Random
) -> None:
    city = city_of(400, chance)
    events = in_waves(city)
    await bench.publish(events[:1000])
    async with bench.process() as process:
        await eventually(lambda: _expect_some_booked(bench), 40)
        feeding = asyncio.create_task(bench.publish(events[1000:]))
        process.send_signal(signal.SIGKILL)
        await asyncio.gather(process.wait(), feeding)
    async with bench.process():
        await eventually(lambda: bench.expect_booked(2000), 60)
    await _expect_equal_books(bench, city)


@pytest.mark.chaos
async def test_a_second_worker_takes_over_the_partitions_of_a_killed_one(bench: Bench, chance: random.Random) -> None:
    city = city_of(160, chance)
    events = in_waves(city)
    await bench.publish(events[:300])
    async with bench.process() as first:
        await eventually(lambda: bench.expect_booked(300), 40)
        async with bench.process(worker="-2") as second:
            await bench.publish(events[300:500])
            await eventually(lambda: bench.expect_booked(500), 60)
            feeding = asyncio.create_task(bench.publish(events[500:]))
            first.send_signal(signal.SIGKILL)
            await asyncio.gather(first.wait(), feeding)
            await eventually(lambda: bench.expect_booked(800), 60)
            assert second.returncode is None
    await _expect_equal_books(bench, city)


async def _expect_some_booked(bench: Bench) -> None:
    assert await bench.booked() > 0


@pytest.mark.chaos
async def test_a_lost_data_directory_is_recovered_from_the_changelog(bench: Bench, chance: random.Random) -> None:
    city = city_of(30, chance)
    events = in_waves(city)
    await bench.publish(events[:90])
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: bench.expect_booked(90))
    bench.wipe_table()
    # The database forgets its records too: only the changelog can tell what the next version builds on.
    await bench.fetch('UPDATE hazard_fact SET record = \'{"hazard_id":"none"}\'::bytea RETURNING 1')
    await bench.publish(events[90:])
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: bench.expect_booked(150))
    await _expect_equal_books(bench, city)


@pytest.mark.parametrize("guarded", [True, False])
async def test_records_fetched_before_recovery_is_over_are_neither_dropped_nor_passed_over(
    bench: Bench, chance: random.Random, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Faust clears its queues after seeking (upstream issue 596). The seek is slowed so that it always matters.

    Without the guard a loss is noticed before anything is acknowledged past it, and a new start reads again.
    """
    city = city_of(30, chance)
    events = in_waves(city)
    await bench.publish(events[:90])
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: bench.expect_booked(90))
    bench.wipe_table()
    await bench.publish(events[90:])
    with monkeypatch.context() as slow:
        slow.setattr(Consumer, "perform_seek", _slowly(Consumer.perform_seek))
        if not guarded:
            slow.setattr(LedgerStream, "_hold_back", _nothing)
        await _run_until_booked_or_lost(bench, 150, may_lose=not guarded)
    if not guarded:
        async with running(await bench.service(), *_ROLES):
            await eventually(lambda: bench.expect_booked(150))
    await _expect_equal_books(bench, city)


def _slowly(seek: Callable[[Consumer], Awaitable[None]]) -> Callable[[Consumer], Awaitable[None]]:
    async def slow(consumer: Consumer) -> None:
        await seek(consumer)
        await asyncio.sleep(2)

    return slow


async def _nothing(*_: object, **__: object) -> None: ...


async def _run_until_booked_or_lost(bench: Bench, number: int, *, may_lose: bool) -> None:
    try:
        async with running(await bench.service(), *_ROLES):
            await eventually(lambda: bench.expect_booked(number), 15 if may_lose else 40)
    except RoleDied as death:
        if not may_lose or "LostRecords" not in str(death):
            raise


async def _run_until_it_ends(service: Service) -> None:
    try:
        await asyncio.wait_for(supervise(service, _ROLES, asyncio.Event()), 40)
    finally:
        await service.close()


async def test_a_lost_table_write_is_healed_from_the_database(bench: Bench, chance: random.Random) -> None:
    city = city_of(12, chance)
    events = in_waves(city)
    await bench.publish(events[:36])
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: bench.expect_booked(36))
    bench.wipe_table()
    await _empty_changelog(bench)
    await bench.publish(events[36:])
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: bench.expect_booked(60))
    await _expect_equal_books(bench, city)


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
    async with running(await bench.service(), *_ROLES):
        for wave in range(0, 800, 100):
            await bench.publish(in_waves(city)[wave : wave + 100])
            await bench.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'duban-statistics' AND datname = current_database()"
            )
        await eventually(lambda: bench.expect_booked(800), 60)
    await _expect_equal_books(bench, city)
    assert await bench.fetch("SELECT 1 FROM dead_letter") == []


async def test_a_poisoned_event_is_kept_and_its_neighbours_go_on(bench: Bench) -> None:
    events = open_since(1).records()
    bad = CloudEvent(
        id="bad", source="/duban/ledger", type="duban.hazard.closed.v1", data=b"{", partitionkey="h", subject="x"
    )
    await bench.publish([events[0], bad, events[1]])
    async with running(await bench.service(), *_ROLES):
        await eventually(lambda: bench.expect_booked(2))
        dead = f"{bench.settings.topic_prefix}statistics.hazards.dlq.v1"

        async def kept() -> None:
            assert [event.data for event in await read_all(bench.settings.kafka_bootstrap, dead)] == [b"{"]

        await eventually(kept)
    rows = await bench.fetch("SELECT code, value FROM dead_letter")
    assert [(row["code"], row["value"]) for row in rows] == [("invalid-payload", b"{")]


async def test_an_event_ahead_of_its_version_waits_visibly_and_is_then_booked(bench: Bench) -> None:
    first, second, third = open_since(1).submitted(hour(2)).records()
    async with running(await bench.service(), *_ROLES):
        await bench.publish([first, third])
        await eventually(lambda: _expect_parked(1))
        assert await bench.booked() == 1
        await bench.publish([second])
        await eventually(lambda: bench.expect_booked(3))
        await eventually(lambda: _expect_parked(0))


def _expect_parked(number: int) -> None:
    assert _metric("duban_parked_events", consumer="statistics.hazards") == number


async def test_heartbeats_say_up_to_when_the_figures_go(bench: Bench) -> None:
    async with running(await bench.service(), *_ROLES):
        await bench.publish([heartbeat(START)])

        async def noted() -> None:
            rows = await bench.fetch("SELECT applied_through FROM progress")
            assert [row["applied_through"] for row in rows] == [START]

        await eventually(noted)
    assert await bench.booked() == 0


async def test_a_closing_is_observed_once_and_the_stock_is_a_gauge(bench: Bench) -> None:
    count = "duban_hazard_clearance_duration_seconds_count"
    labels = {"county": "140522", "grade": "general"}
    before = _metric(count, **labels)
    closed = open_since(1, county="140522").submitted(hour(2)).closed(hour(30)).records()
    standing = open_since(1, "i", county="140522").records()
    again = [msgspec.structs.replace(event, id=f"{event.id}-again") for event in closed]
    async with running(await bench.service(), *_ROLES):
        await bench.publish([*closed, *again, *standing])
        await eventually(lambda: bench.expect_booked(6))

        def gauges() -> None:
            assert _metric("duban_hazards_open", **labels) == 1
            assert REGISTRY.get_sample_value("duban_hazards_open", {"county": "140581", "grade": "major"}) == 0

        await eventually(gauges)
    assert _metric(count, **labels) == before + 1


async def test_a_stream_that_has_records_and_commits_nothing_takes_its_process_down(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("services.statistics.books.tables.records.save", hang)
    bench.settings = bench.settings.model_copy(update={"stall_seconds": 4})
    await bench.publish(found().records())
    with pytest.raises(RoleDied, match="Stalled"):
        await _run_until_it_ends(await bench.service())


async def test_the_role_dies_when_the_stream_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug in the fold")

    monkeypatch.setattr("services.statistics.stream.events.agent.fold", broken)
    await bench.publish(found().records())
    with pytest.raises(RoleDied, match="a bug in the fold"):
        await _run_until_it_ends(await bench.service())
