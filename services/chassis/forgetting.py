"""What every service forgets after its time: answers under an Idempotency-Key, ids that were taken in, settled dead letters."""

from __future__ import annotations

from datetime import timedelta

import structlog

from services.chassis.consuming.memory import forget_ids, forget_letters
from services.chassis.storage.database import Database
from services.chassis.web.idempotency import forget_old

_log = structlog.get_logger(__name__)


async def forget(database: Database, days: int, answers_hours: int) -> None:
    """Delete answers older than so many hours (wall time), ids and letters than so many days: these are logged by their number.

    Done every ten minutes: whatever is kept for a day may stay for so much longer.
    """
    await forget_old(database, keep=timedelta(hours=answers_hours))
    keep = timedelta(days=days)
    ids, letters = await forget_ids(database, keep=keep), await forget_letters(database, keep=keep)
    if ids or letters:
        _log.info("forgotten after its time", days=days, ids=ids, dead_letters=letters)
