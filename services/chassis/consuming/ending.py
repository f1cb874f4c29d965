"""Ending what a client of Kafka has in hand: cutting a wait off, and leaving without waiting for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer

from services.chassis.process.cancelling import ended

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_STOP_SECONDS: Final = 10


async def unless(stopping: asyncio.Event, work: Awaitable[T]) -> T | None:
    """Return what `work` returns; when asked to stop first, cut it off and return None."""
    task, asked = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        await ended(task, asked)


async def leave(consumer: AIOKafkaConsumer) -> None:
    """Stop `consumer`, for a while; a client that is broken is left as it is."""
    stop = asyncio.ensure_future(consumer.stop())
    # Beside us, because a broken client hands on the cancellation of its own tasks as if it were ours.
    await asyncio.wait({stop}, timeout=_STOP_SECONDS)
    if not stop.done():
        stop.cancel()
        _log.warning("kafka consumer did not stop in time")
    elif not stop.cancelled() and (error := stop.exception()) is not None:
        _log.warning("kafka consumer did not stop cleanly", error=repr(error))
