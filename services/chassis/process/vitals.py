"""What a process tells Prometheus of itself: its release, its event loop, its connections, and whom it reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from importlib import metadata
from typing import Final

import structlog
from asyncpg import PostgresError

from services.chassis.process import kafka
from services.chassis.process.clock import Clock
from services.chassis.process.kafka import Broker
from services.chassis.process.periodic import rest
from services.chassis.storage.database import Database, is_retryable
from services.chassis.telemetry import metrics

_log = structlog.get_logger(__name__)

Ask = Callable[[], Awaitable[str | None]]
"""Asks a server for a sign of life; returns None when it answers, else what is in the way, in words."""

# One question each: `SELECT 1`, one TCP (and TLS) connection to Kafka. Seen down within a scrape of it.
_ASK_SECONDS: Final = 5.0
# Others' servers are not ours to ask that often: four times a minute.
_ASK_OTHERS_SECONDS: Final = 15.0
_ANSWER_SECONDS: Final = 10.0
_LOOP_SECONDS: Final = 0.25
_POOL_SECONDS: Final = 5.0
_DISTRIBUTION: Final = "duban"


@cache
def release() -> str:
    """Return the version of the installed distribution, `unknown` where it runs from a bare tree."""
    try:
        return metadata.version(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"


def database_answers(database: Database) -> Ask:
    """Return the question whether `database` answers, within two seconds."""

    async def ask() -> str | None:
        try:
            async with asyncio.timeout(2), database.acquire() as connection:
                await connection.fetchval("SELECT 1")
        except Exception as error:
            if not is_retryable(error) and not isinstance(error, PostgresError):
                raise
            return f"PostgreSQL: {type(error).__name__}"
        return None

    return ask


async def tell(
    database: Database, broker: Broker, others: Mapping[str, Ask], clock: Clock, stopping: asyncio.Event
) -> None:
    """Keep the gauges of the process until `stopping`; `others` are the servers that it needs beside these two."""
    ours: dict[str, Ask] = {"postgres": database_answers(database), "kafka": partial(kafka.obstacle, broker)}
    metrics.BUILD_INFO.labels(release()).set(1)
    async with asyncio.TaskGroup() as group:
        group.create_task(_measure_loop(stopping))
        group.create_task(_count_connections(database, clock, stopping))
        for name, ask in ours.items():
            group.create_task(watch(name, ask, clock, stopping, every=_ASK_SECONDS))
        for name, ask in others.items():
            group.create_task(watch(name, ask, clock, stopping, every=_ASK_OTHERS_SECONDS))


async def watch(name: str, ask: Ask, clock: Clock, stopping: asyncio.Event, *, every: float) -> None:
    """Ask the server `name` every so many seconds (wall) until `stopping`, and export whether it answers."""
    gauge = metrics.DEPENDENCY_UP.labels(name)
    was_up = True
    while not stopping.is_set():
        obstacle = await _obstacle(ask)
        gauge.set(obstacle is None)
        if (obstacle is None) is not was_up:
            was_up = obstacle is None
            _log.warning("dependency answers again" if was_up else "dependency is away", name=name, obstacle=obstacle)
        await rest(every, clock=clock, stopping=stopping)


async def _obstacle(ask: Ask) -> str | None:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await ask()
    except TimeoutError:
        return f"no answer within {_ANSWER_SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever a client raises, the server has not answered
        return repr(error)


async def _measure_loop(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
        due = loop.time() + _LOOP_SECONDS
        await asyncio.sleep(_LOOP_SECONDS)
        metrics.LOOP_LAG.observe(max(0.0, loop.time() - due))


async def _count_connections(database: Database, clock: Clock, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        pool = database.pool
        for state, number in (
            ("open", pool.get_size()),
            ("idle", pool.get_idle_size()),
            ("limit", pool.get_max_size()),
        ):
            metrics.POOL_CONNECTIONS.labels(state).set(number)
        await rest(_POOL_SECONDS, clock=clock, stopping=stopping)
