"""Keep the vault: rotate its keys, count what each wraps, and let identities go when their time is over."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec

from services.chassis.storage.database import Connection
from services.ledger.vault.handlers.vault import Vault
from services.ledger.vault.model import envelope
from services.ledger.vault.model.keyring import Keyring
from services.ledger.vault.tables import records
from services.ledger.vault.tables.records import ErasedFor, Sealed

_AT_ONCE: Final = 500


async def rewrap_some(connection: Connection, keyring: Keyring) -> int:
    """Wrap some records' keys by the active key, in the caller's transaction; return how many. 0: all are.

    Can be repeated and cut off anywhere: each record opens before and after. Raises BrokenSeal for one that doesn't open
    and UnusableKeyring for one whose key the file lacks.
    """
    found = await records.not_under(connection, keyring.active, _AT_ONCE)
    await records.rewrap(connection, [_rewrapped(record, keyring) for record in found])
    return len(found)


async def erase(vault: Vault, subjects: Collection[str], why: ErasedFor, *, at: datetime) -> int:
    """Let identities go and leave their tombstones; return how many went now."""
    if not subjects:
        return 0
    async with vault.transaction() as connection:
        return await records.erase(connection, subjects, why, at)


async def sealed_between(vault: Vault, kind: str, first: datetime, last: datetime) -> list[str]:
    """Return the subjects of a kind that were sealed between two instants and are still there."""
    async with vault.transaction() as connection:
        return await records.sealed_between(connection, kind, first, last)


def _rewrapped(record: Sealed, keyring: Keyring) -> Sealed:
    assert record.envelope is not None  # noqa: S101 - tombstones are not looked for
    wrapped = envelope.rewrap(record.subject_id, record.envelope, keyring, os.urandom)
    return msgspec.structs.replace(record, envelope=wrapped)
