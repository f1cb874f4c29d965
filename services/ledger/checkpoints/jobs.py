"""A checkpoint every few minutes, where something was recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.ledger import metrics
from services.ledger.checkpoints.handlers.growing import TreeDamaged, grow_tree, store_head
from services.ledger.checkpoints.handlers.signing import Signing, sign_stored

_log = structlog.get_logger(__name__)


async def make_checkpoint(database: Database, *, signing: Signing) -> bool:
    """Sign what an earlier round left stored, grow the tree, and sign what it has become; return whether all is signed.

    Where nothing can be signed, nothing grows either: the next checkpoint would be later still. A tree that is damaged is
    told and left as it is: who looks into it wants to find it so.
    """
    try:
        if not await sign_stored(database, signing=signing):
            return False
        grown = await grow_tree(database)
        await store_head(database)
        return await sign_stored(database, signing=signing) and grown
    except TreeDamaged as damage:
        _log.error("the tree is damaged: nothing is signed", reason=str(damage))
        return False


async def note_when_done(work: Callable[[], Awaitable[bool]], *, clock: Clock) -> None:
    """Do `work`; what it brings to its end is as old as now (wall time)."""
    if await work():
        metrics.CHECKPOINT.set(clock.wall().timestamp())


def from_its_start(
    run: Callable[[asyncio.Event], Awaitable[None]], *, clock: Clock
) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Return `run` in a process that knows nothing of checkpoints yet: what is not known is as old as the process."""

    async def begin(stopping: asyncio.Event) -> None:
        metrics.CHECKPOINT.set(clock.wall().timestamp())
        await run(stopping)

    return begin
