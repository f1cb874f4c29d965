"""A trail that is written, tampered with and judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from services.chassis.process.clock import SystemClock
from services.chassis.storage import trail
from services.chassis.storage.database import Database
from services.chassis.storage.trail import Outcome, TrailRow
from services.chassis.trail.model import ChainFault, Head
from services.chassis.trail.sealing import seal_all
from services.chassis.trail.verifying import ChainVerdict, verify

NOW: Final = datetime.now(UTC)


def row(nth: int, at: datetime = NOW) -> TrailRow:
    """Return a row that is different for each `nth`."""
    return TrailRow(
        at=at + timedelta(seconds=nth), action="example.boxes.open", outcome=Outcome.DONE, objects=[f"b{nth}"]
    )


async def written(database: Database, count: int, *, at: datetime = NOW) -> None:
    """Write and seal some rows, as if it were `at`."""
    async with database.transaction() as connection:
        await trail.write(connection, [row(nth, at) for nth in range(count)])
    await seal_all(database, At(at))


class At(SystemClock):
    """A clock that stands still."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def wall(self) -> datetime:
        """Return the one instant."""
        return self._at


async def judged(database: Database, kept: Sequence[Head] = ()) -> ChainVerdict:
    """Return what a check of the whole trail comes to."""
    async with database.acquire() as connection:
        return await verify(connection, kept)  # type: ignore[arg-type]


async def tampered(database: Database, *statements: str) -> list[ChainFault]:
    """Do something to the tables as their owner could; return what the check finds."""
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement)
    return list((await judged(database)).findings)
