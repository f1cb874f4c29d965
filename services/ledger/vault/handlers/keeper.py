"""What `duban vault` does: see which key wraps how much, rotate, and let a key go that nothing needs."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from services.chassis.storage.database import Connection
from services.ledger.vault.handlers.keeping import rewrap_some
from services.ledger.vault.handlers.keys import KeyFile
from services.ledger.vault.model import keyring
from services.ledger.vault.model.algorithms import ACTIVE, ALGORITHMS
from services.ledger.vault.model.keyring import Keyring, UnusableKeyring
from services.ledger.vault.tables import records

# For so long after a change of the file an identity may still be sealed by the key of before, and an identity whose key is
# gone is lost: a kubelet replaces a mounted file within two minutes, and a request under way ends within two more.
_RETIRED_AFTER: Final = timedelta(minutes=10)


def new_keyring(key_id: str) -> bytes:
    """Return the file of a new vault's keys."""
    secret = os.urandom(ALGORITHMS[ACTIVE].key_bytes)
    return keyring.written(keyring.fresh(key_id, secret, os.urandom(keyring.INDEX_BYTES)))


def add_key(keys: Path, key_id: str) -> None:
    """Make a further key the active one of a file; running services see it with their next identity.

    Raises UnusableKeyring where the file does not allow it.
    """
    file = KeyFile(keys)
    with file.held():
        file.write(keyring.rotated(file.keyring(), key_id, os.urandom(ALGORITHMS[ACTIVE].key_bytes)))


class Keeper:
    """The keeper of one vault, over a connection as the vault's own role, and of its file of keys.

    Every method raises UnusableKeyring where the file does not allow what is asked.
    """

    def __init__(self, connection: Connection, keys: Path) -> None:
        self._connection = connection
        self._file = KeyFile(keys)

    def keyring(self) -> Keyring:
        """Return the keys as the file has them."""
        return self._file.keyring()

    async def wrapped(self) -> dict[str | None, int]:
        """Return how many identities each key wraps; under None how many are gone."""
        return await records.count_by_key(self._connection)

    async def rewrap(self) -> int:
        """Wrap every record's key by the active one, some at a time; return how many were wrapped anew."""
        done = 0
        while True:
            async with self._connection.transaction():
                wrapped = await rewrap_some(self._connection, self.keyring())
            if not wrapped:
                return done
            done += wrapped

    async def retire(self, key_id: str, now: datetime) -> None:
        """Take a key out of the file, once it wraps nothing and nobody can still be sealing by it."""
        with self._file.held():
            if wrapped := (await self.wrapped()).get(key_id, 0):
                raise UnusableKeyring(f"{key_id} still wraps {wrapped} identities; run rewrap first")
            retired = keyring.retired(self.keyring(), key_id)
            if now - self._file.changed_at() < _RETIRED_AFTER:
                minutes = _RETIRED_AFTER // timedelta(minutes=1)
                raise UnusableKeyring(f"the file was changed less than {minutes} minutes ago; retire {key_id} later")
            self._file.write(retired)
