"""Installing the vault's database: its tables belong to whoever provisions, and the service's role gets the least of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg

from services.chassis.storage.schema import migrate

_MIGRATIONS: Final = Path(__file__).parents[2] / "migrations"
SLICE: Final = "vault"
# What the service may do with which table. Nothing of a look-up is ever changed, and no row of an identity goes.
RIGHTS: Final = {
    "sealed_identity": "SELECT, INSERT, UPDATE (key_id, key_algorithm, wrapped_key, sealed, erased_at, erased_for)",
    "blind_index": "SELECT, INSERT, DELETE",
    "lookup": "SELECT, INSERT",
    "lookup_step": "SELECT, INSERT",
}


async def install(owner_dsn: str, role: str) -> list[str]:
    """Bring the vault's tables up to date as their owner, and give `role` its rights; return what was applied.

    Can be repeated. The rights are taken first and given anew, so that a right that was given by hand does not stay.
    """
    applied = await migrate(owner_dsn, _MIGRATIONS, [SLICE], chassis=False)
    connection = await asyncpg.connect(owner_dsn, timeout=30)
    try:
        async with connection.transaction():
            for statement in _statements():
                # DDL takes no parameters, so the server itself quotes the names.
                quoted = "SELECT format($1, current_database(), $2::text)"
                await connection.execute(await connection.fetchval(quoted, statement, role))
    finally:
        await connection.close()
    return applied


def _statements() -> list[str]:
    """Return what is taken and given; `%1$I` is the database and `%2$I` the role."""
    return [
        "REVOKE ALL ON DATABASE %1$I FROM PUBLIC",
        "GRANT CONNECT ON DATABASE %1$I TO %2$I",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO %2$I",
        *(f"REVOKE ALL ON {table} FROM %2$I" for table in RIGHTS),
        *(f"GRANT {rights} ON {table} TO %2$I" for table, rights in RIGHTS.items()),
    ]
