"""Numbers and causes in PostgreSQL: no gap, no second letter, whoever comes at the same time or dies half-way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.letters.handlers.issue import issue_letters
from services.notifications.tests.world import NOW, due_soon, overdue
from services.notifications.tests.writing import asked, write, writer

pytestmark = pytest.mark.promise("P9")


class Crash(Exception):
    pass


async def numbers(database: Database, kind: str = "urging") -> list[tuple[int, int]]:
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT year, sequence FROM letter WHERE kind = $1 ORDER BY 1, 2", kind)
    return [(row["year"], row["sequence"]) for row in rows]


async def test_numbers_have_no_gap_under_concurrency_repetition_and_rollback(bare: Database) -> None:
    deps = writer(bare, ManualClock(NOW))

    async def batch(first: int) -> None:
        # Neighbouring batches overlap in half of their causes; every third one dies before its commit.
        events = [overdue(f"h-{number}") for number in range(first, first + 8)]
        async with bare.transaction() as connection:
            await issue_letters(connection, asked(*events, due_soon(f"h-{first}")), deps=deps)
            if first % 3 == 0:
                raise Crash

    results = await asyncio.gather(*(batch(first) for first in range(0, 40, 4)), return_exceptions=True)
    assert {type(result) for result in results} == {type(None), Crash}
    found = await numbers(bare)
    assert found == [(2026, number) for number in range(1, len(found) + 1)]
    assert await numbers(bare, "prompt") == [(2026, number) for number in range(1, results.count(None) + 1)]
    async with bare.acquire() as connection:
        hazards = await connection.fetch("SELECT about_id, count(*) FROM letter WHERE kind = 'urging' GROUP BY 1")
        issued = await connection.fetchval("SELECT count(*) FROM outbox")
        letters = await connection.fetchval("SELECT count(*) FROM letter")
    assert {row["count"] for row in hazards} == {1}
    assert issued == letters


async def test_a_repetition_uses_up_no_number(bare: Database) -> None:
    for hazard in ("h-1", "h-1", "h-2"):
        await write(bare, ManualClock(NOW), overdue(hazard), overdue(hazard))
    assert await numbers(bare) == [(2026, 1), (2026, 2)]


async def test_a_new_year_in_shanghai_starts_a_new_series(bare: Database) -> None:
    clock = ManualClock(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))
    for hazard in ("h-1", "h-2"):
        await write(bare, clock, overdue(hazard))
        clock.set(datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC))
    assert await numbers(bare) == [(2026, 1), (2027, 1)]


async def test_a_cause_stays_settled_across_the_new_year(bare: Database) -> None:
    clock = ManualClock(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))
    for _ in range(2):
        await write(bare, clock, overdue())
        clock.set(datetime(2027, 1, 3, tzinfo=UTC))
    assert await numbers(bare) == [(2026, 1)]


async def test_a_whole_batch_costs_a_handful_of_statements(bare: Database) -> None:
    deps = writer(bare, ManualClock(NOW))
    statements: list[str] = []
    events = asked(*(overdue(f"h-{number}") for number in range(300)))
    async with bare.pool.acquire() as connection:
        with connection.query_logger(lambda query: statements.append(query.query)):
            async with connection.transaction():
                await issue_letters(connection, events, deps=deps)
    assert len(await numbers(bare)) == 300
    # asyncpg looks up types on a fresh connection; ours are the writes: causes, numbers, letters, ways. So many events go to
    # the outbox by COPY.
    assert len([query for query in statements if query.strip().startswith("INSERT")]) == 4


@pytest.mark.parametrize("unit", [None, "no_such_unit"])
async def test_a_hazard_without_a_known_unit_still_gets_its_letter(bare: Database, unit: str | None) -> None:
    await write(bare, ManualClock(NOW), overdue(unit=unit))
    async with bare.acquire() as connection:
        row = await connection.fetchrow("SELECT unit, addressee_unit FROM letter")
        value = await connection.fetchval("SELECT value FROM outbox")
    assert row is not None
    assert row["addressee_unit"] == "county_safety_committee"
    assert msgspec.json.decode(value)["unit"] == (unit or "county_safety_committee")
