"""The stream processor on real Kafka and PostgreSQL: killed, wiped, poisoned, and still right."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest
from prometheus_client import REGISTRY

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.testing.stories import heartbeat, in_waves
from services.chassis.process.service import RoleDied, Service, supervise
from services.chassis.testing.kafka import eventually, read_all, running
from services.statistics.tests.bench import ROLES, Bench
from services.statistics.tests.stories import START, city_of, found, hour, open_since


def _metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_events_become_figures_and_offsets_are_committed_on_stop(bench: Bench, chance: random.Random) -> None:
    city = city_of(40, chance)
    await bench.publish(in_waves(city))
    await bench.book(200)
    await bench.expect_equal_books(city)
    duplicates = _metric("duban_consumer_events_total", consumer="statistics.hazards", outcome="duplicate")
    await bench.publish([CloudEvent(id="end", source="/x", type="duban.unknown.v1", data=b"{}", partitionkey="h00000")])
    skipped = _skipped()
    async with running(await bench.service(), *ROLES):
        await eventually(lambda: _expect_skipped(skipped + 1))
    # A clean stop committed what it had booked: nothing was delivered again.
    assert _metric("duban_consumer_events_total", consumer="statistics.hazards", outcome="duplicate") == duplicates


def _skipped() -> float:
    return _metric("duban_consumer_events_total", consumer="statistics.hazards", outcome="skipped")


def _expect_skipped(number: float) -> None:
    assert _skipped() >= number


async def test_a_poisoned_event_is_kept_and_its_neighbours_go_on(bench: Bench) -> None:
    events = open_since(1).records()
    bad = CloudEvent(
        id="bad", source="/duban/ledger", type="duban.hazard.closed.v1", data=b"{", partitionkey="h", subject="x"
    )
    await bench.publish([events[0], bad, events[1]])
    async with running(await bench.service(), *ROLES):
        await eventually(lambda: bench.expect_booked(2))
        dead = f"{bench.settings.topic_prefix}statistics.hazards.dlq.v1"

        async def kept() -> None:
            assert [event.data for event in await read_all(bench.settings.kafka_bootstrap, dead)] == [b"{"]

        await eventually(kept)
    rows = await bench.fetch("SELECT code, value FROM dead_letter")
    assert [(row["code"], row["value"]) for row in rows] == [("invalid-payload", b"{")]


async def test_an_event_ahead_of_its_version_waits_visibly_and_is_then_booked(bench: Bench) -> None:
    first, second, third = open_since(1).submitted(hour(2)).records()
    async with running(await bench.service(), *ROLES):
        await bench.publish([first, third])
        await eventually(lambda: _expect_parked(1))
        await eventually(lambda: bench.expect_booked(1))
        await bench.publish([second])
        await eventually(lambda: bench.expect_booked(3))
        await eventually(lambda: _expect_parked(0))


def _expect_parked(number: int) -> None:
    assert _metric("duban_parked_events", consumer="statistics.hazards") == number


async def test_heartbeats_say_up_to_when_the_figures_go(bench: Bench) -> None:
    async with running(await bench.service(), *ROLES):
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
    async with running(await bench.service(), *ROLES):
        await bench.publish([*closed, *again, *standing])
        await eventually(lambda: bench.expect_booked(6))

        def gauges() -> None:
            assert _metric("duban_hazards_open", **labels) == 1
            assert REGISTRY.get_sample_value("duban_hazards_open", {"county": "140581", "grade": "major"}) == 0

        await eventually(gauges)
    assert _metric(count, **labels) == before + 1


async def _run_until_it_ends(service: Service) -> None:
    try:
        await asyncio.wait_for(supervise(service, ROLES, asyncio.Event()), 150)
    finally:
        await service.close()


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
