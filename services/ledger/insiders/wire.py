"""Inside reports put together: their routes, and the job that lets identities go."""

from __future__ import annotations

from typing import Final

from services.chassis.assembly import Part, Platform
from services.ledger.insiders import tables
from services.ledger.insiders.handlers import SUBJECTS
from services.ledger.insiders.http import Deps, router
from services.ledger.settings import Settings
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.vault.handlers.letting_go import Subjects, let_go

_LET_GO_SECONDS: Final = 600
_REPORTS: Final = Subjects(SUBJECTS, tables.known, tables.to_erase, tables.note_erased)


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    office, database = TipOffice.on(platform), platform.database

    async def work() -> None:
        if office.vault is not None:
            now, kept_days = office.ledger.clock.now(), office.policy.kept_days
            await let_go(database, office.vault, _REPORTS, now=now, kept_days=kept_days)

    return Part(
        routers=[router(Deps(database, office))],
        jobs=[platform.every(_LET_GO_SECONDS, work, name="inside identities")],
        close=[office.vault.close] if office.vault else [],
    )
