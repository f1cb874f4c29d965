"""How the receipts are put together: the routes of a county. The feed's consumer hands them the answers."""

from __future__ import annotations

import asyncio
from functools import partial

from services.chassis.assembly import Job, Part, Platform
from services.chassis.web.waiting import Waiters
from services.gateway.receipts.handlers import answered
from services.gateway.receipts.http import Deps, router
from services.gateway.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the receipts' part of the gateway."""
    waiters = Waiters(partial(answered, platform.database), clock=platform.clock)

    async def let_go(stopping: asyncio.Event) -> None:
        await stopping.wait()
        waiters.close()

    return Part(
        routers=[router(Deps(platform.database, waiters))],
        jobs=[Job(let_go)],
    )
