"""What asyncpg makes of a server that goes away in the middle of a transaction is always an outage, never a bug."""

from __future__ import annotations

import asyncio

import asyncpg
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
