"""Supervision put together: two consumers and the timeline."""

from __future__ import annotations

from functools import partial
from typing import Any

from duban_contracts.topics import TopicFamily
from services.chassis.assembly import Part, Platform
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.supervision.events import apply_notices, apply_supervision
from services.ledger.supervision.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the supervision's part of the ledger."""
    marking = partial(apply_supervision, ledger=Ledger.on(platform))
    return Part(
        routers=[router(Deps(platform.database))],
        consumers=[
            platform.consumer("supervision", [platform.topic(TopicFamily.SUPERVISION)], marking),
            platform.consumer("notices", [platform.topic(TopicFamily.NOTICE)], apply_notices),
        ],
    )
