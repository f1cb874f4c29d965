"""How the receipts are put together: the routes of a county. The feed's consumer hands them the answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from services.chassis.assembly import Part, Platform
from services.chassis.web.waiters import Waiters
from services.gateway.receipts.handlers import look
from services.gateway.receipts.http import Deps, router
from services.gateway.receipts.model import Answer
from services.gateway.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the receipts' part of the gateway."""
    waiters = Waiters(partial(look, platform.database), clock=platform.clock)

    def tell(answers: Sequence[Answer]) -> None:
        for answer in answers:
            waiters.tell(answer.receipt_id, answer.stamp)

    platform.database.after_commit(Answer, tell)
    return Part(routers=[router(Deps(platform.database, waiters))], waiters=[waiters])
