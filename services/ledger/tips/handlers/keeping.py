"""Let the identities of tips' reporters go when their time is over."""

from __future__ import annotations

from typing import Final

from services.chassis.storage.database import Database
from services.ledger.tips.handlers.office import SUBJECTS, TipOffice
from services.ledger.tips.tables import rows
from services.ledger.vault.handlers import letting_go
from services.ledger.vault.handlers.letting_go import Subjects

_TIPS: Final = Subjects(SUBJECTS, rows.known, rows.to_erase, rows.note_erased)


async def let_go(database: Database, *, office: TipOffice) -> int:
    """Erase what has to go and leave tombstones; return how many identities went."""
    if office.vault is None:
        return 0
    now, kept_days = office.ledger.clock.now(), office.policy.kept_days
    return await letting_go.let_go(database, office.vault, _TIPS, now=now, kept_days=kept_days)
