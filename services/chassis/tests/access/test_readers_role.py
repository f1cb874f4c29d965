"""The role that reads for people, where an operator keeps the memberships of roles (CloudNativePG takes undeclared ones away)."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from services.chassis.storage.readers import OthersRole, admit_readers, reader_of, readers_dsn, usable


async def test_a_new_password_is_taken_though_an_operator_took_the_makers_membership_away(database: str) -> None:
    name, server = f"t_{secrets.token_hex(4)}", urlsplit(database)

    def as_role(role: str, password: str) -> str:
        return urlunsplit(server._replace(netloc=f"{role}:{password}@{server.netloc.rpartition('@')[2]}"))

    maker, reader = f"{name}_provision", reader_of(name)
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(f"CREATE ROLE {maker} LOGIN CREATEROLE PASSWORD 'maker'")
        await connection.execute("CREATE TABLE thing (it integer); ALTER TABLE thing ENABLE ROW LEVEL SECURITY")
        await connection.execute(f"ALTER TABLE thing OWNER TO {maker}")
        assert await admit_readers(as_role(maker, "maker"), as_role(name, "old")) == reader
        await connection.execute(f"REVOKE {reader} FROM {maker}")
        assert await admit_readers(as_role(maker, "maker"), as_role(name, "old")) == reader, "nothing has to be changed"
        with pytest.raises(OthersRole) as refused:
            await admit_readers(as_role(maker, "maker"), as_role(name, "new"))
        await connection.execute(str(refused.value).partition("database: ")[2].partition("; then")[0])
        assert await admit_readers(as_role(maker, "maker"), as_role(name, "new")) == reader
        assert await usable(readers_dsn(as_role(name, "new")))
    finally:
        await connection.execute(f"DROP OWNED BY {reader}, {maker}; DROP ROLE {reader}, {maker}")
        await connection.close()
