"""Let identities go: those whose tips ended long enough ago, and those that no tip was ever made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from services.chassis.storage.database import Database
from services.ledger.tips.handlers.desk import SUBJECTS, TipDesk
from services.ledger.tips.tables import rows
from services.ledger.vault.handlers import keeping
from services.ledger.vault.tables.records import ErasedFor

_AT_ONCE: Final = 500
# A request is over long before; whatever was sealed for it and is no tip by then never will be one.
_UNCLAIMED_AFTER: Final = timedelta(hours=1)
_UNCLAIMED_BEFORE: Final = timedelta(days=30)


async def let_go(database: Database, *, desk: TipDesk) -> int:
    """Erase what has to go and leave tombstones; return how many identities went."""
    if desk.vault is None:
        return 0
    return await _over(database, desk) + await _unclaimed(database, desk)


async def _over(database: Database, desk: TipDesk) -> int:
    # The vault forgets first and the ledger notes it after: a break between the two is made good by the next time.
    assert desk.vault is not None  # noqa: S101 - asked by the caller
    now = desk.ledger.clock.now()
    async with database.acquire() as connection:
        ended = await rows.to_erase(connection, now - timedelta(days=desk.policy.kept_days), _AT_ONCE)
    gone = await keeping.erase(desk.vault, ended, ErasedFor.RETENTION, at=now)
    if ended:
        async with database.transaction() as connection:
            await rows.note_erased(connection, ended, now)
    return gone


async def _unclaimed(database: Database, desk: TipDesk) -> int:
    assert desk.vault is not None  # noqa: S101 - asked by the caller
    now = desk.ledger.clock.now()
    sealed = await keeping.sealed_between(desk.vault, SUBJECTS, now - _UNCLAIMED_BEFORE, now - _UNCLAIMED_AFTER)
    async with database.acquire() as connection:
        claimed = await rows.known(connection, sealed)
    return await keeping.erase(desk.vault, set(sealed) - claimed, ErasedFor.UNCLAIMED, at=now)
