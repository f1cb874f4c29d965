"""Numbers and causes in PostgreSQL: no gap, no second letter, whoever comes at the same time or dies half-way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.profile import load_city
from services.chassis.process.clock import ManualClock
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Database
from services.notifications.adapters import contacts_file
from services.notifications.adapters.delivery_store import PostgresDeliveries
from services.notifications.adapters.letter_store import PostgresLetters
from services.notifications.adapters.templates import TemplateStationery
from services.notifications.application.issue import Asked, LetterDesk, issue_letters
from services.notifications.domain.letters import cause_of
from services.notifications.tests.world import PROFILE, due_soon, overdue

NOW = datetime(2026, 3, 6, 1, tzinfo=UTC)


def desk(clock: ManualClock) -> LetterDesk:
    return LetterDesk(
        city=load_city(PROFILE),
        profile=contacts_file.load(PROFILE, webhook_base="http://127.0.0.1:1"),
        stationery=TemplateStationery(PROFILE / "templates"),
        letters=PostgresLetters(),
        deliveries=PostgresDeliveries(),
        clock=clock,
    )


def asked(*events: SupervisionEvent) -> list[Asked]:
    made = []
    for event in events:
        envelope = new_event(event, source="/duban/scheduler", subject="h", key="h", time=NOW)
        cause = cause_of(event)
        assert cause is not None
        made.append(Asked(cause, envelope, event))
    return made


class Crash(Exception):  # noqa: N818
    pass


async def numbers(database: Database, kind: str = "urging") -> list[tuple[int, int]]:
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT year, sequence FROM letter WHERE kind = $1 ORDER BY 1, 2", kind)
    return [(row["year"], row["sequence"]) for row in rows]


async def test_numbers_have_no_gap_under_concurrency_repetition_and_rollback(bare: Database) -> None:
    at = desk(ManualClock(NOW))

    async def batch(first: int) -> None:
        # Neighbouring batches overlap in half of their causes; every third one dies before its commit.
        events = [overdue(f"h-{number}") for number in range(first, first + 8)]
        async with bare.transaction() as connection:
            await issue_letters(connection, asked(*events, due_soon(f"h-{first}")), desk=at)
            if first % 3 == 0:
                raise Crash

    results = await asyncio.gather(*(batch(first) for first in range(0, 40, 4)), return_exceptions=True)
    assert {type(result) for result in results} == {type(None), Crash}
    found = await numbers(bare)
    assert found == [(2026, number) for number in range(1, len(found) + 1)]
    assert await numbers(bare, "prompt") == [(2026, number) for number in range(1, results.count(None) + 1)]
    async with bare.acquire() as connection:
        hazards = await connection.fetch("SELECT hazard_id, count(*) FROM letter WHERE kind = 'urging' GROUP BY 1")
        issued = await connection.fetchval("SELECT count(*) FROM outbox")
        letters = await connection.fetchval("SELECT count(*) FROM letter")
    assert {row["count"] for row in hazards} == {1}
    assert issued == letters


async def test_a_repetition_uses_up_no_number(bare: Database) -> None:
    at = desk(ManualClock(NOW))
    for hazard in ("h-1", "h-1", "h-2"):
        async with bare.transaction() as connection:
            await issue_letters(connection, asked(overdue(hazard), overdue(hazard)), desk=at)
    assert await numbers(bare) == [(2026, 1), (2026, 2)]


async def test_a_new_year_in_shanghai_starts_a_new_series(bare: Database) -> None:
    clock = ManualClock(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))
    at = desk(clock)
    for hazard in ("h-1", "h-2"):
        async with bare.transaction() as connection:
            await issue_letters(connection, asked(overdue(hazard)), desk=at)
        clock.set(datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC))
    assert await numbers(bare) == [(2026, 1), (2027, 1)]


async def test_a_cause_stays_settled_across_the_new_year(bare: Database) -> None:
    clock = ManualClock(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC))
    at = desk(clock)
    for _ in range(2):
        async with bare.transaction() as connection:
            await issue_letters(connection, asked(overdue()), desk=at)
        clock.set(datetime(2027, 1, 3, tzinfo=UTC))
    assert await numbers(bare) == [(2026, 1)]


async def test_a_whole_batch_costs_a_handful_of_statements(bare: Database) -> None:
    at = desk(ManualClock(NOW))
    statements: list[str] = []
    events = asked(*(overdue(f"h-{number}") for number in range(300)))
    async with bare.pool.acquire() as connection:
        with connection.query_logger(lambda query: statements.append(query.query)):
            async with connection.transaction():
                await issue_letters(connection, events, desk=at)
    assert len(await numbers(bare)) == 300
    # asyncpg looks up types on a fresh connection; ours are the writes: causes, numbers, letters, ways, events.
    assert len([query for query in statements if query.strip().startswith("INSERT")]) == 5


@pytest.mark.parametrize("unit", [None, "no_such_unit"])
async def test_a_hazard_without_a_known_unit_still_gets_its_letter(bare: Database, unit: str | None) -> None:
    async with bare.transaction() as connection:
        await issue_letters(connection, asked(overdue(unit=unit)), desk=desk(ManualClock(NOW)))
    async with bare.acquire() as connection:
        row = await connection.fetchrow("SELECT unit, addressee_unit FROM letter")
        value = await connection.fetchval("SELECT value FROM outbox")
    assert row is not None
    assert row["addressee_unit"] == "county_safety_committee"
    assert msgspec.json.decode(value)["unit"] == (unit or "county_safety_committee")
