"""All counties of a city write at once, so many claims a second, on a platform that runs; its own metrics say what came of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer

from deploy.local import platform
from deploy.local.settings import Settings
from duban_contracts.cloudevents import to_kafka
from duban_contracts.profile import load_city
from duban_contracts.topics import claims_topic
from tests.chaos.night.watch import Watch
from tests.load import claims

Say = Callable[[str], None]
_TICK_SECONDS: Final = 0.02
_TOLD_EVERY_SECONDS: Final = 15.0
_PATIENCE_SECONDS: Final = 900
# Two scrapes of 15 s, so that what was last counted has been seen.
_SEEN_SECONDS: Final = 35
_AGES: Final = 'duban_consumer_event_age_seconds_{}{{consumer="{}"}}[{:.0f}s]'
READERS: Final = ("ledger.claims", "scheduler.claims", "scheduler.hazards", "gateway.feedback", "statistics.hazards")


def offer(settings: Settings, rate: int, seconds: float, series: str, say: Say) -> dict[str, Any]:
    """Send `rate` claims a second for `seconds`, the counties in turn, and wait until all are in the figures.

    Returns how many were sent and recorded, of how many counties, and how long after the last one the figures were whole. Raises
    TimeoutError when they don't become so within a quarter of an hour.
    """
    return asyncio.run(_offer(settings, rate, seconds, series, say))


async def _offer(settings: Settings, rate: int, seconds: float, series: str, say: Say) -> dict[str, Any]:
    known = platform.environment(settings)
    producer = AIOKafkaProducer(
        bootstrap_servers=known["DUBAN_KAFKA_BOOTSTRAP"], acks="all", enable_idempotence=True, linger_ms=5
    )
    ledger = await asyncpg.connect(known["DUBAN_LEDGER_DSN"])
    statistics = await asyncpg.connect(known["DUBAN_STATISTICS_DSN"])
    await producer.start()
    try:
        began = time.perf_counter()
        sent = await _send(producer, settings, rate, seconds, series, say)
        took = time.perf_counter() - began
        await _all_counted(ledger, statistics)
        whole = time.perf_counter() - began - took
        found = await ledger.fetchrow(
            "SELECT count(*) AS hazards, count(DISTINCT county) AS counties FROM hazard WHERE reference LIKE $1",
            f"{series}-%",
        )
        assert found is not None
    finally:
        await producer.stop()
        await ledger.close()
        await statistics.close()
    return {
        "sent": sent,
        "recorded": found["hazards"],
        "counties": found["counties"],
        "sent_per_second": round(sent / took, 1),
        "figures_whole_after_seconds": round(whole, 1),
    }


async def _send(
    producer: AIOKafkaProducer, settings: Settings, rate: int, seconds: float, series: str, say: Say
) -> int:
    """Send each at its time; return how many the broker took. One that it did not take raises."""
    counties = [county.code for county in load_city(settings.profile).counties]
    events, prefix = claims.reports(round(rate * seconds), series=series, counties=counties), settings.topic_prefix
    under_way: set[asyncio.Future[Any]] = set()
    began, sent, told = time.perf_counter(), 0, _TOLD_EVERY_SECONDS
    while sent < round(rate * seconds):
        passed = time.perf_counter() - began
        due = min(round(passed * rate), round(rate * seconds))
        for event in itertools.islice(events, due - sent):
            key, value, headers = to_kafka(event)
            future = await producer.send(claims_topic(claims.county_of(event), prefix), value, key=key, headers=headers)
            under_way.add(future)
            future.add_done_callback(partial(_let_go, under_way))
        sent = due
        if passed >= told:
            say(f"{sent:,} claims sent, {sent / passed:.0f}/s")
            told += _TOLD_EVERY_SECONDS
        await asyncio.sleep(_TICK_SECONDS)
    await asyncio.gather(*under_way)
    return sent


def _let_go(under_way: set[asyncio.Future[Any]], done: asyncio.Future[Any]) -> None:
    # What failed stays, and raises in the end.
    if done.exception() is None:
        under_way.discard(done)


async def _all_counted(
    ledger: asyncpg.Connection[asyncpg.Record], statistics: asyncpg.Connection[asyncpg.Record]
) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    last, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        hazards = await ledger.fetchval("SELECT coalesce(sum(last), 0)::int FROM hazard_counter")
        counted = await statistics.fetchval(
            "SELECT coalesce(sum(count), 0)::int FROM daily_flow WHERE measure = 'registered'"
        )
        if hazards != last:
            last, since = hazards, time.monotonic()
        # The ledger takes what comes within milliseconds: that nothing came for two seconds is its end.
        if counted == hazards and time.monotonic() - since > 2:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError(f"{counted} of {hazards} hazards are in the figures")


def freshness(watch: Watch, seconds: float) -> dict[str, Any]:
    """Return how old claims were when they were taken within the last `seconds`, and whether the objective was missed."""
    time.sleep(_SEEN_SECONDS)
    window = seconds + _SEEN_SECONDS
    in_time = _AGES.format("bucket", "ledger.claims", window).replace("}", ',le="5.0"}', 1)
    share = f"sum(increase({in_time})) / sum(increase({_AGES.format('count', 'ledger.claims', window)}))"
    late = f"max(avg_over_time(duban:heartbeat_late:bool[{window:.0f}s]))"
    return {
        "share_within_5_s": _rounded(watch.value(share), 5),
        "share_of_time_with_a_late_heartbeat": _rounded(watch.value(late), 5),
        "seconds": {
            reader: {f"p{round(q * 100)}": _rounded(watch.value(_quantile(q, reader, window))) for q in (0.5, 0.99)}
            for reader in READERS
        },
    }


def _quantile(share: float, reader: str, window: float) -> str:
    return f"histogram_quantile({share}, sum by (le) (increase({_AGES.format('bucket', reader, window)})))"


def _rounded(value: float | None, digits: int = 3) -> float | None:
    # What has no samples is not a number.
    return None if value is None or value != value else round(value, digits)  # noqa: PLR0124
