"""Taking the trail out of the service's hands: its tables belong to another role, and the service adds and reads."""

from __future__ import annotations

from typing import Final

import asyncpg
import structlog

from services.chassis.storage.database import Database
from services.chassis.storage.opening import BY_ITSELF
from services.chassis.storage.schema import CHASSIS_MIGRATIONS
from services.chassis.trail import tables

_log: Final = structlog.get_logger(__name__)

# Migrations of the trail's tables after the one that makes them. Each statement of theirs can be repeated.
_LATER: Final = "*_trail_*.sql"
_TABLES: Final = ("act", "unsealed", "seal", "anchor")
# Nothing that the service's role could change or take away, beside the list of what is to be sealed.
_RIGHTS: Final = {
    "act": "SELECT, INSERT",
    "unsealed": "SELECT, INSERT, DELETE",
    "seal": "SELECT, INSERT",
    "anchor": "SELECT",
}


async def take_over(owner_dsn: str, role: str) -> None:
    """Give the trail of the database that `owner_dsn` names to whoever connects by it; leave `role` what it needs.

    What a later release adds to the tables is made as their owner, too: a service that doesn't own them any more has passed
    over it. Can be repeated. Rights are taken first and given anew, so that one that was given by hand does not stay. Needs the
    right to take tables from `role` (a superuser, or a member of it that may create in the database).
    """
    connection = await asyncpg.connect(owner_dsn, timeout=30, server_settings=BY_ITSELF)
    try:
        for later in sorted(CHASSIS_MIGRATIONS.glob(_LATER)):
            await connection.execute(later.read_text())
        async with connection.transaction():
            for statement in _statements():
                # DDL takes no parameters, so the server itself quotes the names.
                await connection.execute(await connection.fetchval("SELECT format($1, $2::text)", statement, role))
    finally:
        await connection.close()


async def warn_unless_taken_over(database: Database) -> None:
    """Log a warning while the trail is in the hands of the service whose database this is, and so could be changed by it."""
    async with database.acquire() as connection:
        if not await tables.is_taken_over(connection):
            _log.warning("the trail is still in the service's hands: run the provisioning step")


def _statements() -> list[str]:
    """Return what is taken and given; `%1$I` is the service's role."""
    return [
        "ALTER SCHEMA trail OWNER TO CURRENT_USER",
        *(f"ALTER TABLE trail.{table} OWNER TO CURRENT_USER" for table in _TABLES),
        "ALTER FUNCTION trail.stays() OWNER TO CURRENT_USER",
        "REVOKE ALL ON SCHEMA trail FROM PUBLIC, %1$I",
        "GRANT USAGE ON SCHEMA trail TO %1$I",
        *(f"REVOKE ALL ON trail.{table} FROM PUBLIC, %1$I" for table in _TABLES),
        *(f"GRANT {rights} ON trail.{table} TO %1$I" for table, rights in _RIGHTS.items()),
    ]
