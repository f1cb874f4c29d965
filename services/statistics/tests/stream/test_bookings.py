"""Bookings on their way: how they queue, how far they bring a partition, and what becomes of a bad one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from services.chassis.consuming.dead_letters import DeadLetter
from services.statistics.books.model.changes import Progress
from services.statistics.stream.handlers.booking import Booking, given_up, progress_of
from services.statistics.stream.handlers.queue import Queue
from services.statistics.tests.stories import START, entry_of, open_since, raw

EVENT = open_since(1).records()[1]
RECORD = raw(EVENT)


def booking(partition: int = 0, offset: int = 0, **fields: object) -> Booking:
    timestamp = START + timedelta(seconds=offset)
    record = msgspec.structs.replace(RECORD, partition=partition, offset=offset, timestamp=timestamp)
    return Booking(record, "applied", lambda: None, **fields)  # type: ignore[arg-type]


def test_a_batch_brings_each_partition_to_its_last_record() -> None:
    beat = START + timedelta(hours=9)
    batch = [booking(0, 4, entry=entry_of(EVENT)), booking(1, 7, applied_through=beat), booking(0, 5)]
    assert progress_of(batch) == {
        0: Progress(5, START + timedelta(seconds=5), None, entry_of(EVENT).occurred_at),
        1: Progress(7, START + timedelta(seconds=7), beat, None),
    }


def test_a_later_record_that_says_nothing_leaves_what_an_earlier_one_said() -> None:
    beat = START + timedelta(hours=9)
    behind = {"140502": START}
    said = booking(0, 4, applied_through=beat, behind=behind)
    batch = [said, booking(0, 5, entry=entry_of(EVENT)), booking(0, 6)]
    [progress] = progress_of(batch).values()
    assert progress.behind == behind
    [later] = progress_of([*batch, booking(0, 7, applied_through=beat)]).values()
    assert later.behind == {}
    assert (progress.offset, progress.applied_through, progress.last_event_at) == (6, beat, entry_of(EVENT).occurred_at)


def test_a_record_that_cannot_be_booked_becomes_a_dead_letter_and_a_dead_letter_that_cannot_is_an_error() -> None:
    error = ValueError("no such thing")
    letter = given_up(booking(), error)
    assert (letter.change, letter.outcome) == (None, "dead_lettered")
    assert letter.letter == DeadLetter(letter.record, "unexpected-error", "ValueError('no such thing')")
    with pytest.raises(ValueError, match="no such thing"):
        given_up(letter, error)


async def test_the_queue_gives_bookings_in_order_and_keeps_them_until_they_are_taken() -> None:
    queue = Queue(batch=2)
    bookings = [booking(0, offset) for offset in range(3)]
    for one in bookings:
        await queue.put(one)
    assert await queue.first() == bookings[:2]
    assert await queue.first() == bookings[:2]
    queue.taken(2)
    assert await queue.first() == bookings[2:]
    queue.taken(1)
    waiting = asyncio.ensure_future(queue.first())
    await asyncio.sleep(0)
    assert not waiting.done()
    await queue.put(bookings[0])
    assert await waiting == bookings[:1]


async def test_a_batch_waits_a_moment_for_what_comes_right_behind_its_first_booking_unless_it_is_full() -> None:
    queue = Queue(batch=2)
    await queue.put(booking(0, 0))
    waiting = asyncio.ensure_future(queue.first())
    await asyncio.sleep(0)
    await queue.put(booking(0, 1))
    assert [one.record.offset for one in await waiting] == [0, 1]
    full = asyncio.ensure_future(queue.first())
    await asyncio.sleep(0)
    assert full.done()


async def test_a_batch_goes_on_until_none_comes_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, moment = Queue(company=float("inf")), asyncio.sleep
    bookings = [booking(0, offset) for offset in range(5)]
    coming = iter(bookings[1:])

    async def another_comes(_: float) -> None:
        if (one := next(coming, None)) is not None:
            await queue.put(one)
        await moment(0)

    monkeypatch.setattr(asyncio, "sleep", another_comes)
    await queue.put(bookings[0])
    assert await queue.first() == bookings


async def test_a_batch_of_a_stream_that_never_pauses_ends_all_the_same() -> None:
    queue, ended = Queue(room=1_000_000, batch=1_000_000), asyncio.Event()

    async def pour() -> None:
        while not ended.is_set():
            await queue.put(booking())
            await asyncio.sleep(0)

    pouring = asyncio.create_task(pour())
    assert await queue.first()
    ended.set()
    await pouring


async def test_whoever_puts_into_a_full_queue_waits_for_room() -> None:
    queue = Queue(room=2)
    for offset in range(2):
        await queue.put(booking(0, offset))
    waiting = asyncio.ensure_future(queue.put(booking(0, 2)))
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.taken(1)
    await waiting
    assert [one.record.offset for one in await queue.first()] == [1, 2]
