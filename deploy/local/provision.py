"""Makes the servers ready for the services: databases, roles, topics, API keys. Every step can be repeated."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg

from deploy.local import secrets_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.local.settings import Settings


def service_dsns(settings: Settings, superuser_dsn: str) -> dict[str, str]:
    """Each service's own DSN: its own database, its own login role, a random password made on first use."""
    return {name: dsn_of(settings, superuser_dsn, name) for name in settings.services}


def dsn_of(settings: Settings, superuser_dsn: str, name: str) -> str:
    """DSN of one database, as its own login role, with a random password made on first use."""
    file = settings.credentials / "databases.json"
    passwords: dict[str, str] = secrets_store.read_json(file)
    if name not in passwords:
        passwords[name] = secrets.token_urlsafe(24)
        secrets_store.write_json(file, passwords)
    return _dsn_as(superuser_dsn, role_of(name), passwords[name], role_of(name))


def role_of(service: str) -> str:
    """Name of a service's login role and of its database."""
    return f"duban_{service}"


def webhook_secret(settings: Settings) -> str:
    """Signing secret shared with the demo's webhook receiver, in the standard-webhooks form."""
    return "whsec_" + secrets_store.secret(settings.credentials / "webhook")


async def databases(superuser_dsn: str, dsns: Mapping[str, str]) -> None:
    """Create each service's role and database, closed to the other services."""
    connection = await asyncpg.connect(superuser_dsn)
    try:
        for service, dsn in dsns.items():
            await make_role(connection, role_of(service), unquote(urlsplit(dsn).password or ""))
            await _database(connection, role_of(service))
    finally:
        await connection.close()


async def make_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    """Create a login role, or give it this password."""
    exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    # DDL takes no parameters, so the server itself quotes the values.
    await connection.execute(
        await connection.fetchval(
            f"SELECT format('{verb} ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)", role, password
        )
    )


async def _database(connection: asyncpg.Connection, name: str) -> None:
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        statement = "SELECT format('CREATE DATABASE %I OWNER %I', $1::text, $1::text)"
        await connection.execute(await connection.fetchval(statement, name))
    statement = "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', $1::text)"
    await connection.execute(await connection.fetchval(statement, name))


def _dsn_as(dsn: str, user: str, password: str, database: str) -> str:
    parts = urlsplit(dsn)
    address = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(user)}:{quote(password)}@{address}"
    return urlunsplit((parts.scheme, netloc, f"/{database}", parts.query, ""))
