"""A consumer inside the test's own process: what it is given to apply, and a way to wait for effects."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from services.chassis.consuming.batches import Ordering
from services.chassis.consuming.consumer import Consumer
from services.chassis.consuming.deliveries import Delivery
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.process.clock import SystemClock
from services.chassis.publishing import outbox
from services.chassis.storage.database import Connection, Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.testing.kafka import eventually
from services.chassis.testing.worker import MIGRATIONS

# Our own broker allows short sessions; an outside one has the usual minimum.
SESSION_SECONDS = 6.0 if "DUBAN_KAFKA_BOOTSTRAP" in os.environ else 2.0

Step = Callable[[Connection, Delivery], Awaitable[None]]


async def nothing(_: Connection, __: Delivery) -> None:
    """Let every event pass."""


class Impatient(SystemClock):
    """Backs off for a moment only."""

    async def sleep(self, seconds: float) -> None:
        """Wait a tenth of a second at most."""
        await super().sleep(min(seconds, 0.1))


@dataclass
class InProcess:
    """Topics, a migrated database and consumers on it; `applied` is in the order of application."""

    bootstrap: str
    prefix: str
    database: Database
    applied: list[Delivery] = field(default_factory=list)
    step: Step = nothing

    async def apply(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Run the test's step for each delivery, then write the effects."""
        for delivery in deliveries:
            await self.step(connection, delivery)
        await connection.executemany(
            "INSERT INTO effect (reference, event_id) VALUES ($1, $2)",
            [(delivery.event.subject, delivery.event.id) for delivery in deliveries],
        )
        self.applied += deliveries

    def consumer(self, name: str = "worker", **changes: Any) -> Consumer:
        """Return a consumer of topic `in`; `changes` replace its arguments or options."""
        names = ConsumerOptions.__dataclass_fields__
        options: dict[str, Any] = {"session_timeout": SESSION_SECONDS, "observe_every": 0.1}
        options |= {key: changes.pop(key) for key in list(changes) if key in names}
        arguments: dict[str, Any] = {
            "name": name,
            "topics": [f"{self.prefix}in"],
            "bootstrap": self.bootstrap,
            "database": self.database,
            "clock": Impatient(),
            "apply": self.apply,
            "ordering": Ordering.INBOX,
            "topic_prefix": self.prefix,
            "options": ConsumerOptions(**options),
        }
        return Consumer(**(arguments | changes))

    async def effects(self, number: int) -> list[str]:
        """Wait for `number` effects; return their event ids in the order of writing."""

        async def enough() -> list[str]:
            async with self.database.acquire() as connection:
                rows = await connection.fetch("SELECT event_id FROM effect ORDER BY position")
            assert len(rows) >= number
            return [row["event_id"] for row in rows]

        return await eventually(enough)

    async def value(self, query: str, *arguments: object) -> Any:
        """Return one value from the database."""
        async with self.database.acquire() as connection:
            return await connection.fetchval(query, *arguments)

    async def append(self, messages: Sequence[outbox.OutboxMessage]) -> None:
        """Write messages to the outbox in one transaction."""
        async with self.database.transaction() as connection:
            await outbox.append(connection, messages)


@asynccontextmanager
async def working(run: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Future[None]]:
    """Run one role while the block runs, then stop it as SIGTERM would; what it raised is raised."""
    stopping = asyncio.Event()
    task = asyncio.ensure_future(run(stopping))
    try:
        yield task
    finally:
        stopping.set()
        await task


async def prepare(bootstrap: str, dsn: str, prefix: str) -> InProcess:
    """Migrate and connect."""
    await migrate(dsn, MIGRATIONS)
    return InProcess(bootstrap, prefix, await connect(dsn, application_name="inside"))
