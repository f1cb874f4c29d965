"""How the receipts are put together: the routes of a county, and the consumer of all counties' feedback."""

from __future__ import annotations

import asyncio
from functools import partial

from duban_contracts.topics import feedback_topic
from services.chassis.assembly import Job, Part, Platform
from services.chassis.web.waiting import Waiters
from services.gateway.receipts.handlers import answered, note_answers
from services.gateway.receipts.http import Deps, router
from services.gateway.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the receipts' part of the gateway."""
    topics = [feedback_topic(county.code, platform.settings.topic_prefix) for county in platform.city.counties]
    waiters = Waiters(partial(answered, platform.database), clock=platform.clock)

    async def let_go(stopping: asyncio.Event) -> None:
        await stopping.wait()
        waiters.close()

    return Part(
        routers=[router(Deps(platform.database, waiters))],
        consumers=[platform.consumer("feedback", topics, note_answers)],
        jobs=[Job(let_go)],
    )
