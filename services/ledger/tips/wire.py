"""Tips put together: their routes, and the job that lets identities go."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.chassis.assembly import Part, Platform
from services.ledger.settings import Settings
from services.ledger.tips.handlers.desk import TipDesk
from services.ledger.tips.handlers.keeping import let_go
from services.ledger.tips.http import intake, lookups, moves, reads

# An identity that has to go does so within the hour.
_LET_GO_SECONDS: Final = 600


def wire(platform: Platform[Settings]) -> Part:
    """Return the tips' part of the ledger."""
    desk = TipDesk.on(platform)
    database = platform.database
    return Part(
        routers=[
            intake.router(database, desk),
            reads.router(database, desk),
            moves.router(moves.Deps(database, desk)),
            lookups.router(lookups.Deps(database, desk)),
        ],
        jobs=[platform.every(_LET_GO_SECONDS, partial(let_go, database, desk=desk), name="identities")],
        close=[desk.vault.close] if desk.vault else [],
    )
