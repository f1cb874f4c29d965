"""Let identities go: those whose matter ended long enough ago, and those that no matter was ever made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.chassis.storage.database import Connection, Database
from services.ledger.vault.handlers import keeping
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.tables.records import ErasedFor

_AT_ONCE: Final = 500
# A request is over long before; whatever was sealed for it and is no matter by then never will be one.
_UNCLAIMED_AFTER: Final = timedelta(hours=1)
_UNCLAIMED_BEFORE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whose identities a slice seals: their `kind`, and what its tables say of them.

    `known` keeps those of some ids that are matters of the slice, `ended` gives those that ended before an instant and are
    still to be erased, `erased` notes that they are.
    """

    kind: str
    known: Callable[[Connection, Collection[str]], Awaitable[set[str]]]
    ended: Callable[[Connection, datetime, int], Awaitable[list[str]]]
    erased: Callable[[Connection, Collection[str], datetime], Awaitable[None]]


async def let_go(database: Database, vault: Vault, subjects: Subjects, *, now: datetime, kept_days: int) -> int:
    """Erase what has to go and leave tombstones; return how many identities went."""
    async with database.acquire() as connection:
        ended = await subjects.ended(connection, now - timedelta(days=kept_days), _AT_ONCE)
    # The vault forgets first and the slice notes it after: a break between the two is made good by the next time.
    gone = await keeping.erase(vault, ended, ErasedFor.RETENTION, at=now)
    if ended:
        async with database.transaction() as connection:
            await subjects.erased(connection, ended, now)
    return gone + await _unclaimed(database, vault, subjects, now)


async def _unclaimed(database: Database, vault: Vault, subjects: Subjects, now: datetime) -> int:
    sealed = await keeping.sealed_between(vault, subjects.kind, now - _UNCLAIMED_BEFORE, now - _UNCLAIMED_AFTER)
    async with database.acquire() as connection:
        claimed = await subjects.known(connection, sealed)
    return await keeping.erase(vault, set(sealed) - claimed, ErasedFor.UNCLAIMED, at=now)
