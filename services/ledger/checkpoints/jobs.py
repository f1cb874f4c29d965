"""A checkpoint every few minutes, where something was recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.ledger import metrics
from services.ledger.checkpoints.handlers.growing import TreeDamaged, grow_tree, store_head
from services.ledger.checkpoints.handlers.signing import Signing, sign_stored
from services.ledger.checkpoints.tables import checkpoints, tiles

_LAST: Final = 2**63 - 1
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


def noting(
    work: Callable[[], Awaitable[bool]], *, known: Callable[[], Awaitable[datetime]], clock: Clock
) -> Callable[[], Awaitable[None]]:
    """Return `work` with its age told: what it brings to its end is as old as now (wall time), else as old as it was.

    Before the first round it is as old as `known` says, so that a process that starts anew takes back no alert.
    """
    is_told = False

    async def done_once() -> None:
        nonlocal is_told
        if not is_told:
            metrics.CHECKPOINT.set((await known()).timestamp())
            is_told = True
        if await work():
            metrics.CHECKPOINT.set(clock.wall().timestamp())

    return done_once


async def last_signed(database: Database, *, clock: Clock) -> datetime:
    """Return when (wall time) the newest checkpoint was signed; without one, when the first record was made, or now."""
    async with database.acquire() as connection:
        signed_at = await checkpoints.signed_at(connection)
        if signed_at is None:
            first = await tiles.records_after(connection, 0, _LAST, 1)
            signed_at = datetime.fromisoformat(first[0][1].time) if first else clock.now()
    return clock.wall_at(signed_at)
