"""What is remembered of events is forgotten after its time, and nothing is taken in twice for it (promises P1 and P7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest

from duban_contracts.cloudevents import to_kafka
from duban_contracts.codec import lookup
from duban_contracts.examples import example_event
from services.chassis.consuming import dead_letters
from services.chassis.consuming.batches import BatchProcessor, Ordering
from services.chassis.consuming.dead_letters import DeadLetter
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.forgetting import forget
from services.chassis.storage.database import Connection, Database, connect
from services.chassis.storage.forgetting import in_rounds
from services.chassis.storage.schema import CHASSIS_MIGRATIONS, migrate

CONSUMER: Final = "notifications.supervision"
TOPIC: Final = "scheduler.supervision.v1"
DAYS: Final = 430
LONG_AGO: Final = timedelta(days=500)


@pytest.fixture
async def chassis(database: str) -> AsyncIterator[Database]:
    await migrate(database, CHASSIS_MIGRATIONS / "none")
    connected = await connect(database, application_name="test")
    yield connected
    await connected.close()


def record(offset: int, event_id: str, *, ago: timedelta = timedelta()) -> RawRecord:
    event = msgspec.structs.replace(example_event(lookup("duban.supervision.overdue.v1")), id=event_id)
    key, value, headers = to_kafka(event)
    return RawRecord(TOPIC, 0, offset, datetime.now(UTC) - ago, key, value, headers)


async def taken(database: Database, records: Iterable[RawRecord], consumer: str = CONSUMER) -> list[str]:
    """Have one batch read; return the ids of what was applied."""
    applied: list[str] = []

    async def apply(_: Connection, deliveries: Sequence[Delivery]) -> None:
        applied.extend(each.event.id for each in deliveries)

    async with database.transaction() as connection:
        await BatchProcessor(consumer, apply, Ordering.INBOX).process(connection, list(records), {})
    return applied


async def age_inbox(database: Database) -> None:
    """Put all that was taken in so far as far back as if that had been long ago."""
    async with database.transaction() as connection:
        await connection.execute("UPDATE inbox SET claimed_at = claimed_at - $1::interval", LONG_AGO)


async def remembered(database: Database) -> int:
    async with database.acquire() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM inbox")
    return count


@pytest.mark.promise("P1")
async def test_a_topic_that_is_read_again_from_its_beginning_does_nothing_twice_after_its_ids_are_forgotten(
    chassis: Database,
) -> None:
    old, young = [record(0, "e-0", ago=LONG_AGO), record(1, "e-1", ago=LONG_AGO)], record(2, "e-2")
    assert await taken(chassis, old) == ["e-0", "e-1"]
    await age_inbox(chassis)
    assert await taken(chassis, [young]) == ["e-2"]
    await forget(chassis, DAYS, 24)
    assert await remembered(chassis) == 1, "what is young enough stays"
    assert await taken(chassis, [*old, young, record(3, "e-3")]) == ["e-3"]
    await forget(chassis, DAYS, 24)
    assert await taken(chassis, old) == []


@pytest.mark.promise("P1")
async def test_a_consumer_that_is_new_reads_all_of_an_old_topic(chassis: Database) -> None:
    old = [record(0, "e-0", ago=LONG_AGO), record(1, "e-1", ago=LONG_AGO)]
    assert await taken(chassis, old[:1]) == ["e-0"]
    await age_inbox(chassis)
    await forget(chassis, DAYS, 24)
    assert await taken(chassis, old, "ledger.supervision") == ["e-0", "e-1"]


async def test_whoever_sends_an_id_again_after_it_is_forgotten_says_something_new(chassis: Database) -> None:
    assert await taken(chassis, [record(0, "e-0", ago=LONG_AGO)]) == ["e-0"]
    assert await taken(chassis, [record(1, "e-0")]) == [], "until then it is a repetition, whenever it comes"
    await age_inbox(chassis)
    await forget(chassis, DAYS, 24)
    assert await taken(chassis, [record(2, "e-0")]) == ["e-0"]


@pytest.mark.promise("P7")
async def test_dead_letters_go_once_they_owe_nobody_anything_and_never_before(chassis: Database) -> None:
    letters = [
        DeadLetter(record(number, f"e-{number}"), "some-code", "why", refused=number == 1) for number in range(5)
    ]
    async with chassis.transaction() as connection:
        await dead_letters.write_all(connection, CONSUMER, "", letters)
        await connection.execute(
            """UPDATE dead_letter SET state = 'dropped', resolved_at = now(), resolved_by = 'operator-1'
                WHERE "offset" IN (2, 3)"""
        )
        await connection.execute(
            """UPDATE dead_letter SET created_at = created_at - $1::interval WHERE "offset" < 3""", LONG_AGO
        )
    await forget(chassis, DAYS, 24)
    async with chassis.acquire() as connection:
        left = [row["offset"] for row in await connection.fetch('SELECT "offset" FROM dead_letter ORDER BY "offset"')]
    assert left == [0, 3, 4], (
        "the refused and the decided of long ago are gone; what is held, and what is young, is not"
    )


async def test_much_is_forgotten_in_many_short_transactions(chassis: Database) -> None:
    left, transactions = 12, 0

    async def some(_: Connection, limit: int) -> int:
        nonlocal left, transactions
        gone = min(limit, left)
        left, transactions = left - gone, transactions + 1
        return gone

    assert await in_rounds(chassis, some, at_once=5) == 12
    assert (left, transactions) == (0, 3)
