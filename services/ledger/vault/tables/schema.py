"""Installing the vault's database: its tables belong to whoever provisions, and the service's role gets the least of them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import asyncpg

from services.chassis.storage.locks import wait_at_most
from services.chassis.storage.opening import BY_ITSELF
from services.chassis.storage.schema import CHASSIS_MIGRATIONS, RowsBreakConstraint, TablesLocked, migrate

_MIGRATIONS: Final = Path(__file__).parents[2] / "migrations"
SLICE: Final = "vault"
# What the service may do with which table. Nothing of a look-up is ever changed, and no row of an identity goes.
RIGHTS: Final = {
    "sealed_identity": "SELECT, INSERT, UPDATE (key_id, key_algorithm, wrapped_key, sealed, erased_at, erased_for)",
    "blind_index": "SELECT, INSERT, DELETE",
    "lookup": "SELECT, INSERT",
    "lookup_step": "SELECT, INSERT",
}

# The second wall. The service's own role keeps identities and writes look-ups down; officers read as another (`storage/readers.py`):
# look-ups of their scope, and an identity by a look-up in their own name that another officer released, where it needs that.
_LOOKED_UP: Final = """EXISTS (
    SELECT FROM lookup WHERE lookup.subject_id = sealed_identity.subject_id
       AND lookup.asked_by = current_setting('duban.account', true)
       AND (NOT lookup.needs_release OR EXISTS (
            SELECT FROM lookup_step AS released WHERE released.lookup_id = lookup.lookup_id AND released.step = 'released'
               AND released.account <> lookup.asked_by)))"""
_WALLED: Final = ("sealed_identity", "lookup", "lookup_step")
# What stands of it, and what stood when it was made: whoever changed a policy by hand finds it made anew.
_STANDS: Final = """
SELECT md5(coalesce(string_agg(stands, '' ORDER BY stands), '')) FROM (
    SELECT pg_policies::text FROM pg_policies WHERE schemaname = 'public' AND tablename = ANY($1)
    UNION ALL SELECT format('%s %s', relname, relrowsecurity) FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relname = ANY($1)) AS each (stands)"""
_NOTED: Final = """
SELECT obj_description(oid, 'pg_policy') FROM pg_policy WHERE polrelid = 'sealed_identity'::regclass AND polname = 'readers'"""
_LOCK_SECONDS: Final = 2.0
_TRIES: Final = 30
_WALLS: Final = CHASSIS_MIGRATIONS / "0013_walls.sql"


async def install(owner_dsn: str, role: str) -> list[str]:
    """Bring the vault's tables up to date as their owner, and give `role` its rights; return what was applied.

    Can be repeated, beside a ledger that works: rights are taken first and given anew, so that one that was given by hand does not
    stay; policies, which everybody who reads would wait for, only where they are not as this made them. Raises MigrationError
    when a table stays locked for a minute, RowsBreakConstraint once all is done.
    """
    broken: RowsBreakConstraint | None = None
    try:
        applied = await migrate(owner_dsn, _MIGRATIONS, [SLICE], chassis=False)
    except RowsBreakConstraint as error:
        applied, broken = error.applied, error
    connection = await asyncpg.connect(owner_dsn, timeout=30, server_settings=BY_ITSELF)
    try:
        await _give_way(connection, role)
    finally:
        await connection.close()
    if broken:
        raise broken
    return applied


async def _give_way(connection: asyncpg.Connection[asyncpg.Record], role: str) -> None:
    # Whoever waits for a table's exclusive lock has all who come later wait behind: a little, then they are let by.
    for left in range(_TRIES, 0, -1):
        try:
            async with connection.transaction():
                await wait_at_most(connection, _LOCK_SECONDS)
                await _divide(connection, role)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if left == 1:
                raise TablesLocked("the vault's tables stay locked; somebody holds a transaction open") from error
        else:
            return


async def _divide(connection: asyncpg.Connection[asyncpg.Record], role: str) -> None:
    if not await connection.fetchval("SELECT to_regprocedure('scope_codes(text)') IS NOT NULL"):
        await connection.execute(_WALLS.read_text())
    await _run(connection, _rights(), role)
    wanted = hashlib.sha256("".join(_walls()).encode()).hexdigest()
    if await connection.fetchval(_NOTED) != wanted + await connection.fetchval(_STANDS, list(_WALLED)):
        await _run(connection, _walls(), role)
        noted = wanted + await connection.fetchval(_STANDS, list(_WALLED))
        await connection.execute(f"COMMENT ON POLICY readers ON sealed_identity IS '{noted}'")


async def _run(connection: asyncpg.Connection[asyncpg.Record], statements: list[str], role: str) -> None:
    for statement in statements:
        # DDL takes no parameters, so the server itself quotes the names.
        quoted = "SELECT format($1, current_database(), $2::text)"
        await connection.execute(await connection.fetchval(quoted, statement, role))


def _rights() -> list[str]:
    """Return what is taken and given; `%1$I` is the database and `%2$I` the role."""
    return [
        "REVOKE ALL ON DATABASE %1$I FROM PUBLIC",
        "GRANT CONNECT ON DATABASE %1$I TO %2$I",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO %2$I",
        *(f"REVOKE ALL ON {table} FROM %2$I" for table in RIGHTS),
        *(f"GRANT {rights} ON {table} TO %2$I" for table, rights in RIGHTS.items()),
    ]


def _walls() -> list[str]:
    """Return what the second wall is made of, for the role `%2$I` of the service."""
    return [
        """CALL wall('lookup', '{"county": "county", "township": "township", "sector": "sector"}')""",
        "CALL wall_behind('lookup_step', 'lookup', 'lookup_id', 'lookup_id')",
        "DROP POLICY IF EXISTS readers ON sealed_identity",
        f"CREATE POLICY readers ON sealed_identity FOR SELECT USING ({_LOOKED_UP})",
        "ALTER TABLE sealed_identity ENABLE ROW LEVEL SECURITY",
        *(f"DROP POLICY IF EXISTS keeps ON {table}" for table in _WALLED),
        *(f"CREATE POLICY keeps ON {table} TO %2$I USING (true) WITH CHECK (true)" for table in _WALLED),
    ]
