"""The reporters' vault on this platform: its database, its role, which owns nothing in it, and its file of keys."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from deploy.local import provision, secrets_store
from deploy.local.done import Done
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.settings import Settings

NAME = "vault"


def dsn(settings: Settings, superuser_dsn: str) -> str:
    """DSN by which the ledger reaches the vault; the password is made on first use."""
    return provision.dsn_of(settings, superuser_dsn, NAME)


def keys(settings: Settings) -> Path:
    """Where the vault's keys are kept."""
    return settings.credentials / "vault-keyring.json"


async def prepare(superuser_dsn: str, dsn: str, keyring_file: Path | None, *, given: bool = False) -> Done:
    """Create role and database, install the tables, make keys where there are none; return what was done.

    The tables belong to whoever is named in `superuser_dsn`: what was looked up must not be the ledger's to change. With
    `given` role and database are there, and the database is that one's. Raises `Trouble`.
    """
    # Imported here: `down` and `status` should work while a service's code does not.
    from deploy.local.provision_city import let_read  # noqa: PLC0415
    from services.chassis.storage.schema import MigrationError, RowsBreakConstraint, TablesLocked  # noqa: PLC0415
    from services.ledger.vault.tables.schema import install  # noqa: PLC0415

    role = provision.role_of(NAME)
    if not given:
        await _make(superuser_dsn, role, unquote(urlsplit(dsn).password or ""))
    owned = urlunsplit(urlsplit(superuser_dsn)._replace(path=f"/{role}"))
    broken: tuple[str, ...] = ()
    try:
        applied = await install(owned, role)
    except RowsBreakConstraint as error:
        applied = error.applied
        broken = (f"in the vault {error}",)
    except MigrationError as error:
        raise Trouble(
            f"The vault can't be brought up to date: {error}.",
            "Take the matching code, or try again.",
            lasting=not isinstance(error, TablesLocked),
        ) from error
    await let_read(owned, dsn)
    made = keyring_file is not None and _make_keys(keyring_file)
    return Done((f"vault: {len(applied)} new migrations{', keys made' if made else ''}",), broken)


async def _make(superuser_dsn: str, role: str, password: str) -> None:
    connection = await asyncpg.connect(superuser_dsn)
    try:
        await provision.make_role(connection, role, password)
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", role):
            await connection.execute(f'CREATE DATABASE "{role}"')
    finally:
        await connection.close()


def _make_keys(file: Path) -> bool:
    from services.ledger.vault.model import keyring  # noqa: PLC0415

    if file.exists():
        return False
    key_id = f"k-{datetime.now(UTC):%Y%m%d}"
    fresh = keyring.fresh(key_id, os.urandom(32), os.urandom(keyring.INDEX_BYTES))
    secrets_store.write_private(file, keyring.written(fresh).decode())
    return True
