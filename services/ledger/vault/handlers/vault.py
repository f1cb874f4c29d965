"""The vault as the ledger holds it: its own database under its own role, and its keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from services.chassis.access.scope import Scope
from services.chassis.assembly import Platform
from services.chassis.process.clock import Clock, SystemClock
from services.chassis.storage.database import Connection, Database, connect, is_retryable
from services.ledger.settings import Settings
from services.ledger.vault.handlers.keys import KeyFile
from services.ledger.vault.model.keyring import Keyring
from services.ledger.vault.tables import records

_CONNECTIONS: Final = 4
# A vault that is there answers in milliseconds; on a busy machine it may take a few of these.
_ANSWERS_WITHIN: Final = 5.0
# How long nobody asks a vault again that did not answer.
_AWAY: Final = timedelta(seconds=5)
# By the ledger's own database: several slices ask for the vault, and one pool is enough.
_OF_LEDGERS: Final[WeakKeyDictionary[Database, Vault]] = WeakKeyDictionary()


class VaultAway(ConnectionError):
    """The vault does not answer; trying again later can help."""


class Vault:
    """Opens its database when it is first asked. A vault that is away stops no hazard: see `reach`."""

    def __init__(
        self, dsn: str, keys: Path, *, clock: Clock | None = None, answers_within: float = _ANSWERS_WITHIN
    ) -> None:
        self._dsn = dsn
        self._keys = KeyFile(keys)
        self._clock = clock or SystemClock()
        self._answers_within = answers_within
        self._opening = asyncio.Lock()
        self._database: Database | None = None
        self._away_until: datetime | None = None

    @classmethod
    def on(cls, platform: Platform[Settings]) -> Vault | None:
        """Return the vault that the settings name, the same one for every slice; None where an installation has none.

        Raises UnusableSetting for half a vault.
        """
        if (named := platform.settings.vault) is None:
            return None
        if platform.database not in _OF_LEDGERS:
            _OF_LEDGERS[platform.database] = cls(*named, clock=platform.clock)
        return _OF_LEDGERS[platform.database]

    def keyring(self) -> Keyring:
        """Return the keys as their file has them now; raises UnusableKeyring."""
        return self._keys.keyring()

    async def reach(self) -> None:
        """See that the vault answers; raises VaultAway, and for some seconds after that at once.

        Whoever needs the vault within a transaction of the ledger comes here before it begins: waiting for a vault that is
        away would hold the ledger's connections, and hazards with them.
        """
        database = await self._open()
        with self._remembering():
            async with database.pool.acquire(timeout=self._answers_within) as connection:
                await records.ask(connection, self._answers_within)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a connection inside a transaction of the vault's own; what it writes is there when the block has ended."""
        database = await self._open()
        async with database.transaction() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self, scope: Scope, *, account: str | None = None) -> AsyncIterator[Connection]:
        """Give a connection for what an officer of this scope reads; the vault's database shows it nothing else.

        Identities it shows to the `account` alone that asked for them by a look-up which another released where that is needed.
        """
        database = await self._open()
        async with database.reading(scope, account=account) as connection:
            yield connection

    async def close(self) -> None:
        """Close what was opened; every slice that has the vault does so when it ends."""
        database, self._database = self._database, None
        if database is not None:
            await database.close()

    async def _open(self) -> Database:
        async with self._opening:
            if self._away_until is not None and self._clock.wall() < self._away_until:
                raise VaultAway("the vault did not answer a moment ago")
            if self._database is None:
                with self._remembering():
                    async with asyncio.timeout(self._answers_within):
                        self._database = await connect(
                            self._dsn,
                            application_name="duban-vault",
                            max_size=_CONNECTIONS,
                            keeps_trail=False,
                            walled=True,
                        )
            return self._database

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not is_retryable(error):
                raise
            self._away_until = self._clock.wall() + _AWAY
            raise VaultAway("the vault does not answer") from error
