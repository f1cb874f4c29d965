"""The hazards put together: what people read, and the moves that they make."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.hazards.handlers.watching import Watch
from services.ledger.hazards.http import commands, reads
from services.ledger.hazards.jobs import adding_up, reading


def wire(platform: Platform[Any]) -> Part:
    """Return the hazards' part of the ledger."""
    deps = commands.Deps(platform.database, Ledger.on(platform))
    watch = Watch.on(platform)
    return Part(
        routers=[reads.router(platform.database, watch), commands.router(deps)],
        jobs=[reading(platform), adding_up(platform)],
        waiters=[watch.by_id, watch.by_reference],
    )
