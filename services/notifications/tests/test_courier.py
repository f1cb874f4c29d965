"""The courier on PostgreSQL with channels that a test steers, and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from duban_contracts.events.notices import DeliveryChannel
from services.chassis.process.clock import ManualClock
from services.chassis.storage.database import Database
from services.chassis.testing.kafka import eventually
from services.notifications.adapters.delivery_store import PostgresDeliveries
from services.notifications.adapters.letter_store import PostgresLetters
from services.notifications.application.deliver import Courier, CourierOptions
from services.notifications.application.issue import issue_letters
from services.notifications.application.outcome import Books
from services.notifications.domain.delivery import Answer, Delivery, DeliveryState, Verdict, begin
from services.notifications.domain.records import Parcel
from services.notifications.domain.retry import RetrySchedule
from services.notifications.tests.test_issue import NOW, asked, desk
from services.notifications.tests.world import overdue

TAKEN = Answer(Verdict.ACCEPTED, "250 2.0.0")
BUSY = Answer(Verdict.TRANSIENT, "452 4.2.2")


class Steered:
    """A channel that answers as told and remembers what it was given."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.parcels: list[Parcel] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, parcel: Parcel, address: str) -> Answer:
        self.parcels.append(parcel)
        answer = self.answers.pop(0) if self.answers else TAKEN
        await self.gate.wait()
        if answer.code == "bug":
            raise RuntimeError(f"cannot write to {address}")
        return answer


def courier(database: Database, clock: ManualClock, email: Steered, webhook: Steered | None = None) -> Courier:
    return Courier(
        database=database,
        books=Books(PostgresLetters(), PostgresDeliveries(), clock),
        channels={DeliveryChannel.EMAIL: email, DeliveryChannel.WEBHOOK: webhook or Steered()},
        schedule=RetrySchedule((2.0, 10.0), 0.2),
        chance=lambda: 0.5,
        options=CourierOptions(concurrency=5, lease_seconds=30),
    )


async def issue(database: Database, clock: ManualClock, *hazards: str, unit: str = "fire_rescue") -> None:
    async with database.transaction() as connection:
        await issue_letters(connection, asked(*(overdue(h, unit=unit) for h in hazards)), desk=desk(clock))


async def rows(database: Database, columns: str = "state, attempts, code") -> list[tuple[object, ...]]:
    async with database.acquire() as connection:
        found = await connection.fetch(f"SELECT {columns} FROM delivery ORDER BY position")  # noqa: S608
    return [tuple(row) for row in found]


async def published(database: Database) -> int:
    async with database.acquire() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outbox")
    return count


async def test_two_couriers_carry_each_letter_once(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await issue(bare, clock, *(f"h-{number}" for number in range(40)))
    await asyncio.gather(*(courier(bare, clock, email).round() for _ in range(4)))
    assert len(email.parcels) == len({parcel.delivery_id for parcel in email.parcels}) == 40
    assert await rows(bare) == [("delivered", 1, "250 2.0.0")] * 40


async def test_a_refused_letter_waits_for_its_time_and_no_longer(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(BUSY, BUSY)
    await issue(bare, clock, "h-1")
    carrier = courier(bare, clock, email)
    attempts = []
    for seconds in (0, 1.9, 0.1, 9.9, 0.1):
        clock.advance(timedelta(seconds=seconds))
        attempts.append(await carrier.round())
    assert attempts == [1, 0, 1, 0, 1]
    assert await rows(bare) == [("delivered", 3, "250 2.0.0")]


async def test_what_the_database_begins_is_what_the_rules_begin(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(BUSY)
    await issue(bare, clock, "h-1")
    expected = begin(Delivery(DeliveryChannel.EMAIL, next_attempt_at=NOW))
    async with bare.transaction() as connection:
        later = NOW + timedelta(seconds=30)
        [parcel] = await PostgresDeliveries().begin_due(connection, now=NOW, lease_until=later, limit=5)
        letter = await PostgresLetters().lock(connection, parcel.letter_id)
        assert letter is not None
        found = await PostgresDeliveries().lock(connection, letter, parcel.delivery_id)
    assert found is not None
    assert found.state == expected
    assert parcel.attempt == expected.attempts
    assert email.parcels == []


async def test_a_lost_attempt_is_found_when_its_lease_is_over_and_not_before(bare: Database) -> None:
    clock = ManualClock(NOW)
    await issue(bare, clock, "h-1", unit="emergency_management")
    async with bare.transaction() as connection:
        lease = NOW + timedelta(seconds=30)
        assert len(await PostgresDeliveries().begin_due(connection, now=NOW, lease_until=lease, limit=5)) == 2
    email, webhook = Steered(), Steered()
    heir = courier(bare, clock, email, webhook)
    clock.advance(timedelta(seconds=29))
    assert (await heir.recover(), await heir.round()) == (0, 0)
    clock.advance(timedelta(seconds=1))
    assert await heir.recover() == 2
    clock.advance(timedelta(seconds=2))
    assert await heir.round() == 1
    assert email.parcels == []
    assert [parcel.attempt for parcel in webhook.parcels] == [2]
    assert await rows(bare) == [("uncertain", 1, "lost"), ("delivered", 2, "250 2.0.0")]


def at_least(channel: Steered, count: int) -> None:
    assert len(channel.parcels) >= count


async def late_answer(database: Database, clock: ManualClock, email: Steered) -> Sequence[tuple[object, ...]]:
    await issue(database, clock, "h-1")
    email.gate.clear()
    slow = asyncio.create_task(courier(database, clock, email).round())
    await eventually(lambda: at_least(email, 1))
    clock.advance(timedelta(seconds=31))
    await courier(database, clock, Steered()).recover()
    assert await rows(database) == [("uncertain", 1, "lost")]
    email.gate.set()
    await slow
    return await rows(database)


async def test_an_answer_that_comes_after_the_lease_settles_the_doubt(bare: Database) -> None:
    assert await late_answer(bare, ManualClock(NOW), Steered(TAKEN)) == [("delivered", 1, "250 2.0.0")]
    assert await published(bare) == 2


async def test_a_refusal_that_comes_after_the_lease_lets_the_letter_be_sent_again(bare: Database) -> None:
    assert await late_answer(bare, ManualClock(NOW), Steered(BUSY)) == [("pending", 1, "452 4.2.2")]


async def test_a_channels_bug_leaves_doubt_and_does_not_stop_the_others(
    bare: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, email = ManualClock(NOW), Steered(Answer(Verdict.ACCEPTED, "bug"))
    await issue(bare, clock, "h-1", "h-2", "h-3")
    await courier(bare, clock, email).round()
    assert sorted(str(state) for state, *_ in await rows(bare)) == ["delivered", "delivered", "uncertain"]
    logged = capsys.readouterr().out
    assert "RuntimeError" in logged
    assert "@140502" not in logged


async def test_a_stop_waits_for_letters_on_their_way_and_begins_no_other(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    email.gate.clear()
    await issue(bare, clock, *(f"h-{number}" for number in range(8)))
    stopping = asyncio.Event()
    running = asyncio.create_task(courier(bare, clock, email).run(stopping))
    await eventually(lambda: at_least(email, 5))
    stopping.set()
    await asyncio.sleep(0.05)
    assert not running.done()
    email.gate.set()
    await running
    assert len(email.parcels) == 5
    assert [state for state, *_ in await rows(bare)].count(DeliveryState.DELIVERED) == 5


async def test_an_answer_outlives_a_database_that_goes_away_while_the_letter_travels(
    bare: Database, database: str
) -> None:
    clock, email = ManualClock(NOW), Steered()
    email.gate.clear()
    await issue(bare, clock, "h-1")
    sending = asyncio.create_task(courier(bare, clock, email).round())
    await eventually(lambda: at_least(email, 1))
    killer = await asyncpg.connect(database)
    await killer.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    )
    await killer.close()
    email.gate.set()
    await sending
    assert await rows(bare) == [("delivered", 1, "250 2.0.0")]
    assert await published(bare) == 2
