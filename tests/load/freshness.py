"""(b) County topic to statistics: from the broker's timestamp of a claim to the commit that shows it in the figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from duban_contracts.cloudevents import to_kafka
from duban_contracts.topics import claims_topic
from tests.load import claims
from tests.load.figures import percentile
from tests.load.rig import Rig

PREFIX: Final = "fresh."
_TICK_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 120
_LOG_APPEND_TIME: Final = 1

# hazard_flow holds each single count; it is inserted by the statement that raises daily_flow, so the commit of the
# row is the instant at which the figure became visible.
_VISIBLE = """SELECT hazard_id, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at
                FROM hazard_flow WHERE measure = 'registered'"""
_COMMITTED = """SELECT hazard_id::text AS hazard_id, reference,
                       extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at
                  FROM hazard WHERE reference LIKE $1"""


@dataclass(frozen=True, slots=True)
class Load:
    """What is offered: events a second for so many seconds."""

    rate: int
    seconds: float


class Freshness:
    """A running ledger and statistics, and a producer that offers claims at a steady rate."""

    def __init__(self, rig: Rig, ledger: str, statistics: str, producer: AIOKafkaProducer) -> None:
        self._rig = rig
        self._ledger = ledger
        self._statistics = statistics
        self._producer = producer
        self._counted = 0

    async def run(self, load: Load, series: str) -> dict[str, Any]:
        """Offer `load`, wait until all of it is in the figures, and return the latencies."""
        before = self._rig.processor()
        began = time.perf_counter()
        appended = await self._offer(load, series)
        offered_seconds = time.perf_counter() - began
        cores = before.until(self._rig.processor())
        self._counted += len(appended)
        await self._all_counted()
        committed, visible = await self._instants(series)
        to_ledger = [committed[reference][1] - at for reference, at in appended.items()]
        to_figure = [visible[committed[reference][0]] - at for reference, at in appended.items()]
        return {
            "offered_per_second": round(len(appended) / offered_seconds),
            "events": len(appended),
            "milliseconds": {"claim_to_figure": _spread(to_figure), "claim_to_ledger": _spread(to_ledger)},
            "cores": cores,
        }

    async def _offer(self, load: Load, series: str) -> dict[str, float]:
        """Send the claims at their times; return by reference the broker's append time."""
        events = list(claims.reports(round(load.rate * load.seconds), series=series))
        # Made beforehand: what is offered late would be measured as fresh.
        records = [(claims_topic(claims.county_of(e), PREFIX), e.subject or "", *to_kafka(e)) for e in events]
        futures: dict[str, asyncio.Future[RecordMetadata]] = {}
        began, sent = time.perf_counter(), 0
        while sent < len(records):
            due = min(len(records), round((time.perf_counter() - began) * load.rate))
            for topic, reference, key, value, headers in records[sent:due]:
                futures[reference] = await self._producer.send(topic, value, key=key, headers=headers)
            sent = due
            await asyncio.sleep(_TICK_SECONDS)
        appended = {}
        for reference, future in futures.items():
            metadata = await future
            assert metadata.timestamp_type == _LOG_APPEND_TIME
            appended[reference] = metadata.timestamp / 1000
        return appended

    async def _all_counted(self) -> None:
        connection = await asyncpg.connect(self._statistics)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            while True:
                counted = await connection.fetchval(
                    "SELECT coalesce(sum(count), 0)::int FROM daily_flow WHERE measure = 'registered'"
                )
                if counted >= self._counted:
                    return
                self._rig.check()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{counted} of {self._counted} events are in the figures")
                await asyncio.sleep(0.2)
        finally:
            await connection.close()

    async def _instants(self, series: str) -> tuple[dict[str, tuple[str, float]], dict[str, float]]:
        ledger, statistics = await asyncpg.connect(self._ledger), await asyncpg.connect(self._statistics)
        try:
            committed = await ledger.fetch(_COMMITTED, f"{series}-%")
            visible = await statistics.fetch(_VISIBLE)
        finally:
            await ledger.close()
            await statistics.close()
        return (
            {row["reference"]: (row["hazard_id"], row["at"]) for row in committed},
            {row["hazard_id"]: row["at"] for row in visible},
        )


def _spread(seconds: list[float]) -> dict[str, float]:
    return {
        name: round(percentile(seconds, share) * 1000, 1)
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
    }


async def measure(
    rig: Rig, *, rates: tuple[int, ...], seconds: float, warm_seconds: float, rounds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Return the rounds by rate, the rates interleaved."""
    await rig.create_topics(PREFIX)
    ledger = await rig.create_service_database("ledger", "fresh_ledger")
    statistics = await rig.create_service_database("statistics", "fresh_statistics")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rig.service("ledger", ledger, prefix=PREFIX, roles="consumer,relay"))
        await stack.enter_async_context(rig.service("statistics", statistics, prefix=PREFIX, roles="consumer"))
        producer = AIOKafkaProducer(bootstrap_servers=rig.bootstrap, acks="all", enable_idempotence=True, linger_ms=5)
        await producer.start()
        stack.push_async_callback(producer.stop)
        freshness = Freshness(rig, ledger, statistics, producer)
        await freshness.run(Load(rates[0], warm_seconds), "warm")
        results: dict[str, list[dict[str, Any]]] = {str(rate): [] for rate in rates}
        for nth in range(rounds):
            for rate in rates:
                result = await freshness.run(Load(rate, seconds), f"b{nth}x{rate}")
                results[str(rate)].append(result)
                spread = result["milliseconds"]["claim_to_figure"]
                say(f"(b) round {nth + 1}: {rate}/s: p50 {spread['p50']:.0f} ms, p99 {spread['p99']:.0f} ms")
        memory = rig.memory()
    return {"seconds": seconds, "rounds": results, "memory": memory}
