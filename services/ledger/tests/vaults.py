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

from services.ledger.vault.model import keyring
from services.ledger.vault.tables.schema import install


@dataclass(frozen=True, kw_only=True)
class InstalledVault:
    """Where a vault is: `dsn` for the ledger, `owner_dsn` for whoever provisions it."""

    dsn: str
    owner_dsn: str
    role: str
    keys: Path


@asynccontextmanager
async def installed_vault(postgres_dsn: str, directory: Path) -> AsyncIterator[InstalledVault]:
    """Install an empty vault; its role and its database go when the block ends."""
    name, password = f"vault_{secrets.token_hex(4)}", secrets.token_hex(12)
    server = urlsplit(postgres_dsn)
    owner_dsn = urlunsplit(server._replace(path=f"/{name}"))
    address = server.netloc.rpartition("@")[2]
    keys = directory / f"{name}.json"
    keys.write_bytes(keyring.written(keyring.fresh("k1", os.urandom(32), os.urandom(32))))
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        await install(owner_dsn, name)
        dsn = urlunsplit(server._replace(netloc=f"{name}:{password}@{address}", path=f"/{name}"))
        yield InstalledVault(dsn=dsn, owner_dsn=owner_dsn, role=name, keys=keys)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE {name}")
        await admin.close()
