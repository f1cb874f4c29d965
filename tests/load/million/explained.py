"""A service's HTTP side on a large database, in this process, that tells what every statement of a request cost there."""

from __future__ import annotations

import importlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import httpx

from services.chassis.access import keys
from services.chassis.assembly import Platform, app_of, open_platform
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.readers import admit_readers
from services.chassis.storage.walls import Within
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.plans import Node, blocks_of, nodes, rows_of
from tests.load.million.fill import PROFILE
from tests.load.million.reads import CALLERS, ENTERPRISE, Read


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a request, as it was carried out."""

    text: str
    values: tuple[Any, ...]
    plan: Node

    @property
    def blocks(self) -> int:
        """How many pages of 8 KiB it touched."""
        return blocks_of(self.plan)

    @property
    def rows(self) -> int:
        """How many rows of tables and indexes it looked at, whether it kept them or not."""
        return rows_of(self.plan)

    def asks(self) -> Iterator[str]:
        """Yield the tables that it looks into, whether it found anything there or not."""
        return (node["Relation Name"] for node in nodes(self.plan) if "Relation Name" in node)

    def walked(self) -> Iterator[str]:
        """Yield the tables that it reads from one end to the other."""
        return (node["Relation Name"] for node in nodes(self.plan) if node["Node Type"] == "Seq Scan")


class _Telling:
    """Stands for a connection: has every query explained, with its own parameters and carried out, before it is asked."""

    def __init__(self, connection: Connection, said: list[Statement]) -> None:
        self._connection = connection
        self._said = said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, query: str, *values: Any, **options: Any) -> Any:
        await self._explain(query, values)
        return await self._connection.fetch(query, *values, **options)

    async def fetchrow(self, query: str, *values: Any, **options: Any) -> Any:
        await self._explain(query, values)
        return await self._connection.fetchrow(query, *values, **options)

    async def fetchval(self, query: str, *values: Any, **options: Any) -> Any:
        await self._explain(query, values)
        return await self._connection.fetchval(query, *values, **options)

    async def _explain(self, query: str, values: tuple[Any, ...]) -> None:
        if not query.lstrip().upper().startswith(("SELECT", "WITH")):
            return
        text = await self._connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *values)
        self._said.append(Statement(query, values, json.loads(text)[0]["Plan"]))


class _Explained(Database):
    """A database whose connections tell."""

    def __init__(self, pool: Any, walled: Database) -> None:
        super().__init__(pool)
        self._walled = walled
        self.said: list[Statement] = []

    @property
    def is_walled(self) -> bool:
        return self._walled.is_walled

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        async with super().acquire() as connection:
            yield cast("Connection", _Telling(connection, self.said))

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Connection]:
        async with super().asking() as connection:
            yield cast("Connection", _Telling(connection, self.said))

    @asynccontextmanager
    async def reading(
        self, scope: Within | None, *, unit: str | None = None, account: str | None = None, asks: bool = False
    ) -> AsyncIterator[Connection]:
        async with self._walled.reading(scope, unit=unit, account=account, asks=asks) as connection:
            yield cast("Connection", _Telling(connection, self.said))

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[Connection]:
        async with super().transaction(**options) as connection:
            yield cast("Connection", _Telling(connection, self.said))


@dataclass(frozen=True)
class Large:
    """A service on a large database."""

    client: httpx.AsyncClient
    database: _Explained
    tokens: Mapping[str, str]
    known: Mapping[str, str]
    app: Any

    async def ask(self, read: Read) -> tuple[httpx.Response, list[Statement]]:
        """Return what a read is answered, and what its statements cost, those that know the caller included."""
        self.database.said.clear()
        path, asked = filled(read, self.known)
        headers = {"Authorization": f"Bearer {self.tokens[read.who]}"}
        answer = await self.client.get(path, params=asked, headers=headers)
        return answer, list(self.database.said)


def filled(read: Read, known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the path and the parameters of a read, with what is in the database in place of the names."""
    path = (read.path or read.route).format_map(known)
    return path, {
        name: str(value).format_map(known) if "{" in str(value) else _text(value) for name, value in read.asked.items()
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def give_keys(database: Database, known: Mapping[str, str]) -> dict[str, str]:
    """Store a key of every caller of the catalogue; return them by caller."""
    tokens = {name: keys.new_token() for name in CALLERS}
    callers = {
        name: replace(each, enterprise=known.get("enterprise")) if each.enterprise == ENTERPRISE else each
        for name, each in CALLERS.items()
    }
    async with database.transaction() as connection:
        await keys.store(connection, [keys.NewKey(each, tokens[name]) for name, each in callers.items()])
    return tokens


@asynccontextmanager
async def large(service: str, dsn: str, now: datetime, known: Mapping[str, str]) -> AsyncIterator[Large]:
    """Give a service's HTTP side on a filled database, at the instant up to which that is filled."""
    bootstrap = importlib.import_module(f"services.{service}.bootstrap")
    settings_of = importlib.import_module(f"services.{service}.settings").Settings
    settings = settings_of(postgres_dsn=dsn, profile=PROFILE, http_port=0, kafka_bootstrap="127.0.0.1:1")
    await admit_readers(dsn, dsn)
    platform = await open_platform(
        service, settings, migrations=bootstrap.MIGRATIONS, slices=bootstrap.SLICES, clock=ManualClock(now), walled=True
    )
    database = _Explained(platform.database.pool, platform.database)
    tokens = await give_keys(platform.database, known)
    told: Platform[Any] = replace(platform, database=database)
    app = app_of(told, bootstrap.parts(told), title=bootstrap.TITLE)
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://large") as client:
            yield Large(client, database, tokens, known, app)
    finally:
        await platform.database.close()
