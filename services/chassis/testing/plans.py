"""How PostgreSQL would answer what a function of `tables` asks: the plan is asserted, never the time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, cast

from services.chassis.storage.database import Connection, Database

Node = dict[str, Any]
READS_EVERYTHING: Final = frozenset({"Seq Scan", "Bitmap Heap Scan", "Bitmap Index Scan", "Hash Join", "Merge Join"})


def nodes(plan: Node) -> Iterator[Node]:
    """Yield a plan's nodes, the outermost first."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


class _Explaining:
    """Stands for a connection: has every query explained with its own parameters before it is carried out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.found: list[Node] = []

    async def fetch(self, query: str, *values: Any) -> Any:
        await self._explain(query, values)
        return await self._connection.fetch(query, *values)

    async def fetchrow(self, query: str, *values: Any) -> Any:
        await self._explain(query, values)
        return await self._connection.fetchrow(query, *values)

    async def fetchval(self, query: str, *values: Any) -> Any:
        await self._explain(query, values)
        return await self._connection.fetchval(query, *values)

    async def execute(self, query: str, *values: Any) -> Any:
        await self._explain(query, values)
        return await self._connection.execute(query, *values)

    async def _explain(self, query: str, values: tuple[Any, ...]) -> None:
        text = await self._connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *values)
        self.found += nodes(json.loads(text)[0]["Plan"])


async def plan_of(database: Database, ask: Callable[[Connection], Awaitable[object]]) -> list[Node]:
    """Return the nodes of the plans of all that `ask` asks of the connection that it is given."""
    async with database.transaction() as connection:
        explaining = _Explaining(connection)
        await ask(cast("Connection", explaining))
    return explaining.found
