"""Cancelling tasks so that they end."""

from __future__ import annotations

import asyncio
from typing import Any, Final

# Time enough for a task to roll back and to let go of a connection before it is asked once more.
_AGAIN_SECONDS: Final = 2.0


async def ended(*tasks: asyncio.Future[Any], again: float | None = None) -> None:
    """Cancel `tasks`, each so many seconds `again` until all are done, whatever each of them ends with.

    A cancellation that comes while aiokafka closes a client ends the client's own task instead of ours: the closing
    returns as if nothing were, and a loop around it goes on for ever. The same happens around `asyncio.wait_for` of
    Python 3.11 when what it waits for is done in the same moment.
    """
    while pending := {task for task in tasks if not task.done()}:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=again or _AGAIN_SECONDS)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains that it was not
