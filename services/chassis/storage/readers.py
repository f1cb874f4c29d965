"""The role that people's reads come as: it logs in by itself, owns nothing, and passes by no policy.

Its name and password follow from those of the service's own role, so that no installation has one more secret to keep: who
knows the service's password can do more than any reader, and who knows a reader's learns nothing of the service's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg
import structlog

from services.chassis.storage.opening import BY_ITSELF

_TABLES: Final = """
SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relrowsecurity AND nspname = 'public' ORDER BY relname"""
_MAY_TOO_MUCH: Final = """
SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
       OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid)
  FROM pg_roles WHERE rolname = {role}"""
# A database that was restored without its rights has the role, and not what it may. Who may too much is no reader.
_MAY_READ: Final = f"""
SELECT coalesce(bool_and(has_table_privilege(oid, 'SELECT')), true) AND NOT ({_MAY_TOO_MUCH.format(role="current_user")})
  FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"""  # noqa: S608 - our own words
_NOT_ADMITTED: Final = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError)
# Roles belong to the whole server, and somebody may provision another of its databases at this moment.
_MADE_MEANWHILE: Final = (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError, asyncpg.InternalServerError)
_TRIES: Final = 5

_log: Final = structlog.get_logger(__name__)


class TooMighty(RuntimeError):
    """The readers' role could pass by a policy: it is a superuser, a member of another role, or owns something."""


class OthersRole(RuntimeError):
    """The readers' role is there with another password, and whoever provisions may not change it."""


def reader_of(role: str) -> str:
    """Return the name of the role that reads for people in the database of `role`."""
    return f"{role}_reader"


def readers_dsn(dsn: str) -> str | None:
    """Return the DSN of the readers of a service's database, from the service's own; None where that names no password."""
    parts = urlsplit(dsn)
    if not parts.username or not parts.password:
        return None
    role, password = reader_of(unquote(parts.username)), _password(dsn)
    return urlunsplit(parts._replace(netloc=f"{quote(role)}:{password}@{parts.netloc.rpartition('@')[2]}"))


def _password(dsn: str) -> str:
    parts = urlsplit(dsn)
    role, password = unquote(parts.username or ""), unquote(parts.password or "")
    told = hmac.digest(password.encode(), f"duban reader of {role}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


async def usable(dsn: str | None) -> str | None:
    """Return `dsn` if readers may read by it; else warn that people's reads have no second wall, and return None.

    A server that doesn't answer is no such case, and raises what the client library says.
    """
    if dsn is not None and await _logs_in(dsn, _MAY_READ):
        return dsn
    _log.warning("people's reads have no second wall: run the provisioning step")
    return None


async def admit_readers(owner_dsn: str, dsn: str) -> str | None:
    """Make the readers' role of the service that connects by `dsn`, and let it read what stands behind a wall; return its name.

    `owner_dsn` reaches the same database as somebody who may make roles and give rights on the tables. Can be repeated: rights
    are taken first and given anew. None, and nothing is done, where no table stands behind a wall or the service has no password.
    Raises TooMighty for a role that was given more by hand, InsufficientPrivilegeError where `owner_dsn` may not make it, OthersRole where it can't be given the password that the service's
    new one makes: an operator such as CloudNativePG takes the membership away that came with making it.
    """
    reached = readers_dsn(dsn)
    if reached is None:
        return None
    role = reader_of(unquote(urlsplit(dsn).username or ""))
    connection = await asyncpg.connect(owner_dsn, timeout=30, server_settings=BY_ITSELF)
    try:
        if not await connection.fetch(_TABLES):
            return None
        if not await _logs_in(reached):
            await _make(connection, role, _password(dsn))
        if await connection.fetchval(_MAY_TOO_MUCH.format(role="$1"), role):
            raise TooMighty(f"{role} may do more than read for people; take that from it, or drop it")
        async with connection.transaction():
            await _give(connection, role)
    finally:
        await connection.close()
    return role


async def _logs_in(dsn: str, ask: str = "SELECT true") -> bool:
    try:
        connection = await asyncpg.connect(dsn, timeout=30)
    except _NOT_ADMITTED:
        return False
    try:
        return await connection.fetchval(ask) is True
    finally:
        await connection.close()


async def _make(connection: asyncpg.Connection[asyncpg.Record], role: str, password: str) -> None:
    for tries in range(_TRIES, 0, -1):
        known = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
        try:
            await _ddl(connection, f"{'ALTER' if known else 'CREATE'} ROLE %I LOGIN PASSWORD %L", role, password)
        except _MADE_MEANWHILE:
            if tries == 1:
                raise
        except asyncpg.InsufficientPrivilegeError as error:
            if not known:
                raise
            raise OthersRole(
                f"{role} has the password of before, and this login may not change it ({error}). As a superuser in this "
                f'database: DROP OWNED BY "{role}"; DROP ROLE "{role}"; then provision again, which makes it anew.'
            ) from error
        else:
            return


async def _give(connection: asyncpg.Connection[asyncpg.Record], role: str) -> None:
    database = await connection.fetchval("SELECT current_database()")
    await _ddl(connection, "GRANT CONNECT ON DATABASE %I TO %I", database, role)
    await _ddl(connection, "GRANT USAGE ON SCHEMA public TO %I", role)
    await _ddl(connection, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I", role)
    for row in await connection.fetch(_TABLES):
        await _ddl(connection, f"GRANT SELECT ON {row[0]} TO %I", role)


async def _ddl(connection: asyncpg.Connection[asyncpg.Record], statement: str, *names: str) -> None:
    # DDL takes no parameters, so the server itself quotes them.
    places = ", ".join(f"${number}::text" for number in range(2, len(names) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1, {places})", statement, *names))
