"""What asyncpg makes of a server that goes away in the middle of a transaction is always an outage, never a bug."""

from __future__ import annotations

import asyncio
import secrets
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import uvloop

from services.chassis.storage.database import connect, is_retryable


def test_a_session_cut_off_by_the_server_in_the_middle_of_a_transaction_is_an_outage(database: str) -> None:
    async def cut_off() -> list[BaseException]:
        raised: list[BaseException] = []
        pool = await connect(database, application_name="test", max_size=4)
        for _ in range(40):
            try:
                async with pool.transaction() as connection:
                    await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            except Exception as error:  # noqa: BLE001 - which one it is, is the question
                raised.append(error)
        await pool.close()
        return raised

    for runner in (uvloop.run, asyncio.run):
        raised = runner(cut_off())
        assert len(raised) == 40
        assert [error for error in raised if not is_retryable(error)] == []


def test_a_protocol_that_is_out_of_step_with_a_dying_server_is_an_outage() -> None:
    # While a server's last words are being read, asyncpg answers a ROLLBACK with this, in place of the first error.
    assert is_retryable(asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"))


async def test_a_login_that_postgresql_refuses_is_an_outage_and_not_the_end_of_a_service(database: str) -> None:
    role, password = f"t_{secrets.token_hex(6)}", secrets.token_hex(8)
    address = urlsplit(database)

    async def refusal(login: str) -> Exception:
        dsn = urlunsplit(address._replace(netloc=f"{login}@{address.hostname}:{address.port}"))
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connect(dsn, application_name="test")
        return refused.value

    owner = await asyncpg.connect(database)
    try:
        await owner.execute(f"CREATE ROLE {role} NOLOGIN PASSWORD '{password}'")
        refusals = [await refusal(f"{role}:{password}"), await refusal(f"nobody_{role}:{password}")]
        await owner.execute(f"ALTER ROLE {role} LOGIN")
        refusals.append(await refusal(f"{role}:another"))
    finally:
        await owner.execute(f"DROP ROLE IF EXISTS {role}")
        await owner.close()
    assert [each for each in refusals if not is_retryable(each)] == []
    assert not [each for each in refusals if password in str(each) or "another" in str(each)]
