"""Connections under a flood: transactions leave some to reads, and whoever waits for one may hang up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.chassis.storage.database import Database, connect
from services.chassis.storage.leaving import Client, ClientLeft, asked_by


@pytest.fixture
async def flooded(database: str) -> AsyncIterator[tuple[Database, asyncio.Event]]:
    """A database whose transactions are all taken until the event is set."""
    opened, gate, taken = (
        await connect(database, application_name="test", max_size=4, keeps_trail=False),
        asyncio.Event(),
        0,
    )
    is_full = asyncio.Event()

    async def hold() -> None:
        nonlocal taken
        async with opened.transaction():
            taken += 1
            if taken == 3:
                is_full.set()
            await gate.wait()

    holding = [asyncio.create_task(hold()) for _ in range(8)]
    await is_full.wait()
    yield opened, gate
    gate.set()
    await asyncio.gather(*holding)
    await opened.close()


async def test_a_flood_of_transactions_leaves_a_connection_to_reads(flooded: tuple[Database, asyncio.Event]) -> None:
    database, _ = flooded
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_command_that_waits_for_a_connection_is_dropped_when_its_client_leaves(
    flooded: tuple[Database, asyncio.Event],
) -> None:
    database, gate = flooded
    client, began = Client(), asyncio.Event()

    async def command() -> None:
        with asked_by(client, reads=False):
            async with database.transaction():
                began.set()

    task = asyncio.create_task(command())
    await asyncio.sleep(0)
    client.leave()
    with pytest.raises(ClientLeft):
        await task
    gate.set()
    # Its place in the queue is nobody's: all others get theirs.
    async with database.transaction() as connection:
        assert await connection.fetchval("SELECT 1") == 1
    assert not began.is_set()
