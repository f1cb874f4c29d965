"""Tips put together: their routes, and the job that lets identities go."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.chassis.assembly import Part, Platform
from services.ledger.settings import Settings
from services.ledger.tips.handlers.keeping import let_go
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.tips.http import intake, lookups, moves, reads

# An identity that has to go does so within the hour.
_LET_GO_SECONDS: Final = 600


def wire(platform: Platform[Settings]) -> Part:
    """Return the tips' part of the ledger."""
    office = TipOffice.on(platform)
    database = platform.database
    return Part(
        routers=[
            intake.router(database, office),
            reads.router(database, office),
            moves.router(moves.Deps(database, office)),
            lookups.router(lookups.Deps(database, office)),
        ],
        jobs=[platform.every(_LET_GO_SECONDS, partial(let_go, database, office=office), name="identities")],
        dependencies={"vault": office.vault.reach} if office.vault else {},
        close=[office.vault.close] if office.vault else [],
    )
