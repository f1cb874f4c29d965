"""A vault for tests: a database of its own, a role that owns nothing in it, and a file of keys."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from services.chassis.storage.readers import admit_readers, reader_of
from services.ledger.vault.model import keyring
from services.ledger.vault.tables.schema import install


@dataclass(frozen=True, kw_only=True)
class InstalledVault:
    """Where a vault is: `dsn` for the ledger, `owner_dsn` for whoever provisions it."""

    dsn: str
    owner_dsn: str
    role: str
    keys: Path


async def create_vault(postgres_dsn: str, directory: Path) -> InstalledVault:
    """Install an empty vault on a server, its keys in `directory`."""
    name, password = f"vault_{secrets.token_hex(4)}", secrets.token_hex(12)
    server = urlsplit(postgres_dsn)
    address = server.netloc.rpartition("@")[2]
    keys = directory / f"{name}.json"
    keys.write_bytes(keyring.written(keyring.fresh("k1", os.urandom(32), os.urandom(32))))
    installed = InstalledVault(
        dsn=urlunsplit(server._replace(netloc=f"{name}:{password}@{address}", path=f"/{name}")),
        owner_dsn=urlunsplit(server._replace(path=f"/{name}")),
        role=name,
        keys=keys,
    )
    await _execute(postgres_dsn, f"CREATE ROLE {name} LOGIN PASSWORD '{password}'", f"CREATE DATABASE {name}")
    await install(installed.owner_dsn, name)
    await admit_readers(installed.owner_dsn, installed.dsn)
    return installed


async def drop_vault(postgres_dsn: str, installed: InstalledVault) -> None:
    """Take a vault away, with its role."""
    name = installed.role
    await _execute(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}, {reader_of(name)}")


@asynccontextmanager
async def installed_vault(postgres_dsn: str, directory: Path) -> AsyncIterator[InstalledVault]:
    """Give an empty vault while the block runs."""
    installed = await create_vault(postgres_dsn, directory)
    try:
        yield installed
    finally:
        await drop_vault(postgres_dsn, installed)


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
