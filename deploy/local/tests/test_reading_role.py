"""Provisioning as a login that may not do it: told in two sentences, with what to do."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from deploy.local.provision_city import let_read
from deploy.local.trouble import Trouble
from services.chassis.storage.readers import reader_of


async def test_a_login_that_may_make_no_roles_or_a_reader_that_may_too_much_is_told_and_what_to_do(
    database: str,
) -> None:
    name, server = f"t_{secrets.token_hex(4)}", urlsplit(database)

    def as_role(role: str, password: str) -> str:
        return urlunsplit(server._replace(netloc=f"{role}:{password}@{server.netloc.rpartition('@')[2]}"))

    maker, reader = f"{name}_provision", reader_of(name)
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(f"CREATE ROLE {maker} LOGIN PASSWORD 'maker'")
        await connection.execute("CREATE TABLE thing (it integer); ALTER TABLE thing ENABLE ROW LEVEL SECURITY")
        await connection.execute(f"ALTER TABLE thing OWNER TO {maker}")
        with pytest.raises(Trouble, match=f"{reader}, can't be made .*CREATEROLE"):
            await let_read(as_role(maker, "maker"), as_role(name, "own"))
        await connection.execute(f"ALTER ROLE {maker} CREATEROLE")
        await let_read(as_role(maker, "maker"), as_role(name, "own"))
        await connection.execute(f"ALTER ROLE {reader} BYPASSRLS")
        with pytest.raises(Trouble, match=f"{reader} may do more"):
            await let_read(as_role(maker, "maker"), as_role(name, "own"))
    finally:
        known = [
            role
            for role in (reader, maker)
            if await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
        ]
        await connection.execute(f"DROP OWNED BY {', '.join(known)}; DROP ROLE {', '.join(known)}")
        await connection.close()
