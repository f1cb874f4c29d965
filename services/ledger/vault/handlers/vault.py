"""The vault as the ledger holds it: its own database under its own role, and its keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from services.chassis.assembly import Platform
from services.chassis.storage.database import Connection, Database, connect
from services.ledger.settings import Settings
from services.ledger.vault.handlers.keys import KeyFile
from services.ledger.vault.model.keyring import Keyring

_CONNECTIONS: Final = 4
# By the ledger's own database: several slices ask for the vault, and one pool is enough.
_OF_LEDGERS: Final[WeakKeyDictionary[Database, Vault]] = WeakKeyDictionary()


class Vault:
    """Opens its database when it is first asked: a vault that is away stops no hazard."""

    def __init__(self, dsn: str, keys: Path) -> None:
        self._dsn = dsn
        self._keys = KeyFile(keys)
        self._opening = asyncio.Lock()
        self._database: Database | None = None

    @classmethod
    def on(cls, platform: Platform[Settings]) -> Vault | None:
        """Return the vault that the settings name, the same one for every slice; None where an installation has none."""
        settings = platform.settings
        if settings.vault_postgres_dsn is None or settings.vault_keyring is None:
            return None
        if platform.database not in _OF_LEDGERS:
            _OF_LEDGERS[platform.database] = cls(settings.vault_postgres_dsn, settings.vault_keyring)
        return _OF_LEDGERS[platform.database]

    def keyring(self) -> Keyring:
        """Return the keys as their file has them now; raises UnusableKeyring."""
        return self._keys.keyring()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a connection inside a transaction of the vault's own; what it writes is there when the block has ended."""
        database = await self._open()
        async with database.transaction() as connection:
            yield connection

    async def close(self) -> None:
        """Close what was opened; every slice that has the vault does so when it ends."""
        database, self._database = self._database, None
        if database is not None:
            await database.close()

    async def _open(self) -> Database:
        async with self._opening:
            if self._database is None:
                self._database = await connect(self._dsn, application_name="duban-vault", max_size=_CONNECTIONS)
            return self._database
