"""Instants that a clock which was ahead wrote down: progress never goes back, so they would be believed until the wall is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aiokafka import TopicPartition

from services.chassis.consuming.batches import Progress
from services.chassis.consuming.progress import MARGIN
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection


def never_ahead(progress: Progress, clock: Clock) -> Progress:
    """Return `progress` for stamps of a broker that may be ahead: what is applied now was there by now, whatever it says."""

    async def note(connection: Connection, applied_through: Mapping[TopicPartition, datetime]) -> None:
        wall = clock.wall()
        await progress(connection, {partition: min(at, wall) for partition, at in applied_through.items()})

    return note


async def bring_back(connection: Connection, consumer: str, *, wall: datetime, to: datetime) -> None:
    """Set what stands later than `wall` back to `to` (both wall): nobody can have read what has not been written.

    Its readers tell within a second how far they really are; one that is stuck stays there. `to` is what was already told to others.
    """
    for table in ("consumer_progress", "consumer_floor"):
        await connection.execute(
            f"UPDATE {table} SET applied_through = $3 WHERE consumer = $1 AND applied_through > $2",  # noqa: S608 - constants
            consumer,
            wall + MARGIN,
            to,
        )
