"""How the receipts are put together: the routes of a county. The feed's consumer hands them the answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from services.chassis.assembly import Part, Platform
from services.chassis.web.waiters import Waiters
from services.gateway.receipts.handlers import forget_old, look
from services.gateway.receipts.http import Deps, router
from services.gateway.receipts.model import Answer
from services.gateway.settings import Settings

_FORGET_SECONDS: Final = 600
# A receipt outlasts what the ledger remembers of its event by as long as that may have waited to be taken in.
_ANSWERED_WITHIN: Final = timedelta(days=30)


def wire(platform: Platform[Settings]) -> Part:
    """Return the receipts' part of the gateway."""
    waiters = Waiters(partial(look, platform.database), clock=platform.clock)

    def tell(answers: Sequence[Answer]) -> None:
        for answer in answers:
            waiters.tell(answer.receipt_id, answer.stamp)

    platform.database.after_commit(Answer, tell)
    keep = timedelta(days=platform.settings.memory_days) + _ANSWERED_WITHIN
    forget = partial(forget_old, platform.database, platform.clock, keep=keep)
    return Part(
        routers=[router(Deps(platform.database, waiters))],
        waiters=[waiters],
        jobs=[platform.every(_FORGET_SECONDS, forget, name="receipts")],
    )
