"""The courier on PostgreSQL with channels that a test steers, and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.kafka import eventually
from services.notifications.channels.handlers.opening import Line
from services.notifications.channels.model.answers import Answer, Verdict
from services.notifications.channels.model.text import CUT
from services.notifications.delivery.handlers.begin import begin_due
from services.notifications.delivery.handlers.settle import settle_lost
from services.notifications.delivery.jobs import carry_letters
from services.notifications.delivery.model.delivery import Delivery, DeliveryState, begin
from services.notifications.delivery.tables import queue
from services.notifications.tests.world import NOW, overdue
from services.notifications.tests.writing import (
    BUSY,
    TAKEN,
    Steered,
    carrier,
    carry,
    deliveries,
    lines,
    published,
    write,
)

pytestmark = pytest.mark.promise("P9")


async def test_two_couriers_carry_each_letter_once(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await write(bare, clock, *(overdue(f"h-{number}") for number in range(40)))
    await asyncio.gather(*(carry(carrier(bare, clock, lines(email))) for _ in range(4)))
    assert len(email.parcels) == len({parcel.delivery_id for parcel in email.parcels}) == 40
    assert await deliveries(bare) == [("delivered", 1, "250 2.0.0")] * 40


async def test_where_nothing_is_due_no_transaction_is_begun(bare: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A courier looks three times a second, day and night."""
    clock, email = ManualClock(NOW), Steered(BUSY)
    await write(bare, clock, overdue())
    courier = carrier(bare, clock, lines(email))
    await carry(courier)
    began = list[int]()
    monkeypatch.setattr(bare, "transaction", lambda **_: began.append(1))
    await carry(courier)
    assert not began


async def test_a_refused_letter_waits_for_its_time_and_no_longer(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(BUSY, BUSY)
    await write(bare, clock, overdue())
    courier = carrier(bare, clock, lines(email))
    sent = []
    for seconds in (0, 1.9, 0.1, 9.9, 0.1):
        clock.advance(timedelta(seconds=seconds))
        await carry(courier)
        sent.append(len(email.parcels))
    assert sent == [1, 1, 2, 2, 3]
    assert await deliveries(bare) == [("delivered", 3, "250 2.0.0")]


async def test_what_the_database_begins_is_what_the_rules_begin(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await write(bare, clock, overdue())
    expected = begin(Delivery("email", next_attempt_at=NOW))
    [(attempt, parcel)] = await begin_due(5, carrier(bare, clock, lines(email)).deps)
    async with bare.transaction() as connection:
        found = (await queue.lock_all(connection, attempt.letter_id))[attempt.delivery_id]
    assert found.state == expected
    assert attempt.attempt == parcel.attempt == expected.attempts
    assert found.lease_until == NOW + timedelta(seconds=30)
    assert email.parcels == []


async def test_a_lost_attempt_is_found_when_its_lease_is_over_and_not_before(bare: Database) -> None:
    clock, email, webhook = ManualClock(NOW), Steered(), Steered()
    await write(bare, clock, overdue(unit="emergency_management"))
    heir = carrier(bare, clock, lines(email, webhook))
    assert len(await begin_due(5, heir.deps)) == 2
    clock.advance(timedelta(seconds=29))
    await carry(heir)
    assert await deliveries(bare, "state") == [("sending",)] * 2
    clock.advance(timedelta(seconds=1))
    assert await settle_lost(heir.deps) == 2
    clock.advance(timedelta(seconds=2))
    await carry(heir)
    assert email.parcels == []
    assert [parcel.attempt for parcel in webhook.parcels] == [2]
    assert await deliveries(bare) == [("uncertain", 1, "lost"), ("delivered", 2, "250 2.0.0")]


def at_least(channel: Steered, count: int) -> None:
    assert len(channel.parcels) >= count


async def late_answer(database: Database, clock: ManualClock, email: Steered) -> Sequence[tuple[object, ...]]:
    await write(database, clock, overdue())
    email.gate.clear()
    slow = asyncio.create_task(carry(carrier(database, clock, lines(email))))
    await eventually(lambda: at_least(email, 1))
    clock.advance(timedelta(seconds=31))
    await settle_lost(carrier(database, clock, lines(Steered())).deps)
    assert await deliveries(database) == [("uncertain", 1, "lost")]
    email.gate.set()
    await slow
    return await deliveries(database)


async def test_an_answer_that_comes_after_the_lease_settles_the_doubt(bare: Database) -> None:
    assert await late_answer(bare, ManualClock(NOW), Steered(TAKEN)) == [("delivered", 1, "250 2.0.0")]
    assert await published(bare) == 2


async def test_a_refusal_that_comes_after_the_lease_lets_the_letter_be_sent_again(bare: Database) -> None:
    assert await late_answer(bare, ManualClock(NOW), Steered(BUSY)) == [("pending", 1, "452 4.2.2")]


async def test_a_channels_bug_leaves_doubt_and_does_not_stop_the_others(
    bare: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, email = ManualClock(NOW), Steered(Answer(Verdict.ACCEPTED, "bug"))
    await write(bare, clock, *map(overdue, ("h-1", "h-2", "h-3")))
    await carry(carrier(bare, clock, lines(email)))
    assert sorted(str(state) for state, *_ in await deliveries(bare)) == ["delivered", "delivered", "uncertain"]
    logged = capsys.readouterr().out
    assert "RuntimeError" in logged
    assert "@140502" not in logged


async def test_a_letter_over_a_channel_that_was_taken_away_fails_visibly(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    await write(bare, clock, overdue(unit="emergency_management"))
    await carry(carrier(bare, clock, {"email": lines(email)["email"]}))
    assert await deliveries(bare) == [("delivered", 1, "250 2.0.0"), ("failed", 1, "no-channel")]


async def test_a_channel_gets_no_longer_text_than_it_takes(bare: Database) -> None:
    clock, short = ManualClock(NOW), Steered()
    await write(bare, clock, overdue())
    await carry(
        carrier(bare, clock, {"email": Line(short.as_channel("email", drops_repeats=False, longest=400), short)})
    )
    [parcel] = short.parcels
    assert len(parcel.content.body.encode()) <= 400
    assert parcel.content.body.endswith(CUT)


async def test_a_stop_waits_for_letters_on_their_way_and_begins_no_other(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered()
    email.gate.clear()
    await write(bare, clock, *(overdue(f"h-{number}") for number in range(8)))
    stopping = asyncio.Event()
    running = asyncio.create_task(carry_letters(carrier(bare, clock, lines(email)), clock, stopping))
    await eventually(lambda: at_least(email, 5))
    stopping.set()
    await asyncio.sleep(0.05)
    assert not running.done()
    email.gate.set()
    await running
    assert len(email.parcels) == 5
    assert [state for state, *_ in await deliveries(bare)].count(DeliveryState.DELIVERED) == 5


async def test_an_answer_outlives_a_database_that_goes_away_while_the_letter_travels(
    bare: Database, database: str
) -> None:
    clock, email = ManualClock(NOW), Steered()
    email.gate.clear()
    await write(bare, clock, overdue())
    sending = asyncio.create_task(carry(carrier(bare, clock, lines(email))))
    await eventually(lambda: at_least(email, 1))
    killer = await asyncpg.connect(database)
    await killer.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    )
    await killer.close()
    email.gate.set()
    await sending
    assert await deliveries(bare) == [("delivered", 1, "250 2.0.0")]
    assert await published(bare) == 2
