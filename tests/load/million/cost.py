"""What every list, search and count costs on a large database: over HTTP from a real service, and bare from PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import asyncpg
import httpx

from services.chassis.storage.database import connect
from tests.load.figures import percentile
from tests.load.million.explained import Statement, filled, give_keys, large
from tests.load.million.known import known
from tests.load.million.reads import READS, Kind, Read
from tests.load.rig import Rig

AIMS: Final[Mapping[Kind, float]] = {Kind.LIST: 20, Kind.SEARCH: 100, Kind.COUNT: 50}
"""Milliseconds, 95th percentile, of the reads of a kind at a million hazards."""


async def measure(
    servers: Rig, service: str, dsn: str, *, prefix: str, times: int, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Ask each read of a service so often, one at a time, and its statements bare; milliseconds.

    The service plays its HTTP role alone, so that nothing moves meanwhile. The first row is an answer that needs no
    database: what the machine gives at that hour.
    """
    connection = await asyncpg.connect(dsn, server_settings={"plan_cache_mode": "force_custom_plan"})
    try:
        found = await known(service, connection)
        statements = await _statements(service, dsn, found)
        database = await connect(dsn, application_name="bench")
        tokens = await give_keys(database, found)
        await database.close()
        async with (
            servers.service(service, dsn, prefix=prefix, roles="http") as running,
            httpx.AsyncClient(base_url=running.url, timeout=60) as client,
        ):
            rows: list[dict[str, Any]] = [
                {"read": "/healthz", "kind": "floor", "http": await _timed(partial(client.get, "/healthz"), times)},
                *[
                    {
                        "read": read.name,
                        "kind": read.kind.name.lower(),
                        "http": await _http(client, read, found, tokens[read.who], times),
                        "bare": await _bare(connection, statements[read.name], times),
                        "blocks": sum(each.blocks for each in statements[read.name]),
                    }
                    for read in READS[service]
                ],
            ]
        say(f"{service}: {len(rows)} reads")
        return rows
    finally:
        await connection.close()


async def _statements(service: str, dsn: str, found: Mapping[str, str]) -> dict[str, list[Statement]]:
    """Return by read which statements it has, the look at who asks left out."""
    said = {}
    async with large(service, dsn, datetime.now(UTC), found) as service_on_it:
        for read in READS[service]:
            answer, statements = await service_on_it.ask(read)
            if not answer.is_success:
                raise RuntimeError(f"{read.name}: {answer.text}")
            said[read.name] = [each for each in statements if "api_key" not in each.text]
    return said


async def _http(
    client: httpx.AsyncClient, read: Read, found: Mapping[str, str], token: str, times: int
) -> dict[str, float]:
    path, asked = filled(read, found)
    headers = {"Authorization": f"Bearer {token}"}

    async def ask() -> None:
        (await client.get(path, params=asked, headers=headers)).raise_for_status()

    return await _timed(ask, times)


async def _bare(connection: asyncpg.Connection[Any], statements: Sequence[Statement], times: int) -> dict[str, float]:
    async def ask() -> None:
        for each in statements:
            await connection.fetch(each.text, *each.values)

    return await _timed(ask, times)


async def _timed(ask: Callable[[], Awaitable[object]], times: int) -> dict[str, float]:
    """Return median and 95th percentile; the first time warms and is not counted."""
    await ask()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - began) * 1000)
    return {"p50": round(percentile(taken, 0.5), 2), "p95": round(percentile(taken, 0.95), 2)}


def missed(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the reads whose 95th percentile over HTTP lies above the aim of their kind."""
    aims = {kind.name.lower(): aim for kind, aim in AIMS.items()}
    return [row for row in rows if row["http"]["p95"] > aims.get(row["kind"], float("inf"))]
