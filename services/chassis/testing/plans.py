"""How PostgreSQL answers what a function of `tables` asks: what it looks at is asserted, never the time.

Which of two cheap indexes is walked is the planner's choice, and rests on a sample of the rows that it draws anew each time: a
test that names the index fails once in some hundred runs. `looked_at` counts what a read cost instead.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from services.chassis.storage.database import Connection, Database

Node = dict[str, Any]
_SCANS: Final = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_REMOVED: Final = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
_BLOCKS: Final = ("Shared Hit Blocks", "Shared Read Blocks")


def nodes(plan: Node) -> Iterator[Node]:
    """Yield a plan's nodes, the outermost first."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_of(plan: Node) -> int:
    """Return how many rows of tables and indexes an executed plan looked at, whether it kept them or not."""
    return sum(
        int(node["Actual Rows"] + sum(node.get(name, 0) for name in _REMOVED)) * node["Actual Loops"]
        for node in nodes(plan)
        if node["Node Type"] in _SCANS
    )


def blocks_of(plan: Node) -> int:
    """Return how many pages of 8 KiB an executed plan touched. An index that is walked in vain shows here alone."""
    return sum(plan.get(name, 0) for name in _BLOCKS)


@dataclass
class Cost:
    """What reads cost that were carried out: rows looked at, pages of 8 KiB touched."""

    rows: int = 0
    blocks: int = 0

    def add(self, plan: Node) -> None:
        """Count an executed plan."""
        self.rows += rows_of(plan)
        self.blocks += blocks_of(plan)


class _Explaining:
    """Stands for a connection: has every query explained with its own parameters before it is carried out."""

    _HOW = "FORMAT JSON"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.plans: list[Node] = []

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
        text = await self._connection.fetchval(f"EXPLAIN ({self._HOW}) {query}", *values)
        self.plans.append(json.loads(text)[0]["Plan"])


class _Telling(_Explaining):
    """The same for reads: they are carried out for what they cost, and once more for their answer."""

    _HOW = "ANALYZE, BUFFERS, FORMAT JSON"


async def plan_of(database: Database, ask: Callable[[Connection], Awaitable[object]]) -> list[Node]:
    """Return the nodes of the plans of all that `ask` asks of the connection that it is given."""
    async with database.transaction() as connection:
        explaining = _Explaining(connection)
        await ask(cast("Connection", explaining))
    return [node for plan in explaining.plans for node in nodes(plan)]


async def looked_at(database: Database, ask: Callable[[Connection], Awaitable[object]]) -> Cost:
    """Return what the reads cost that `ask` asks of the connection that it is given."""
    cost = Cost()
    async with database.transaction() as connection:
        telling = _Telling(connection)
        await ask(cast("Connection", telling))
    for plan in telling.plans:
        cost.add(plan)
    return cost
