"""The books in PostgreSQL: redelivered, reordered and lost writes leave them as they should be."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

from duban_contracts.testing.stories import in_waves
from services.statistics.books.model.changes import Change, Progress
from services.statistics.books.tables import progress, records
from services.statistics.recompute.model import books_of
from services.statistics.tests.bench import Books
from services.statistics.tests.stories import START, city_of, history_of, hour, open_since

pytestmark = pytest.mark.promise("P5")


async def test_redelivered_and_shuffled_events_raise_no_count(books: Books, chance: random.Random) -> None:
    city = city_of(20, chance)
    events = in_waves(city)
    shuffled = events + chance.choices(events, k=100)
    chance.shuffle(shuffled)
    first = await books.take(shuffled, batch=7)
    books.records.clear()
    again = await books.take(events, batch=31)
    assert (len(first) > 100, again) == (True, [])
    assert await books.flows() == dict(books_of(history_of(city)).flows)


async def test_a_crash_between_the_table_and_the_database_heals_on_redelivery(
    books: Books, chance: random.Random
) -> None:
    city = city_of(10, chance)
    events = in_waves(city)
    await books.take(events[:20])
    # The stream table has these, the database never got them; then the broker delivers them again.
    books.fold(events[20:35])
    await books.take(events[20:])
    assert await books.flows() == dict(books_of(history_of(city)).flows)


async def test_counts_of_one_cell_add_up_over_batches(books: Books) -> None:
    await books.take(open_since(1, "a").records())
    await books.take(open_since(1, "b").records())
    assert await books.value("SELECT count FROM daily_flow WHERE measure = 'confirmed'") == 2


async def test_an_older_record_never_overwrites_a_newer_one(books: Books) -> None:
    events = open_since(1).submitted(hour(2)).records()
    await books.take(events)
    late = Books(books.database)
    await late.take(events[:1])
    assert await books.value("SELECT version FROM hazard_fact WHERE hazard_id = 'h'") == 3


async def test_a_record_is_read_as_it_was_written_and_a_parked_one_too(books: Books) -> None:
    first, _, third = open_since(1).submitted(hour(2)).records()
    await books.take([first, third])
    async with books.database.acquire() as connection:
        assert await records.load(connection, "h") == books.records["h"]
        assert await records.load(connection, "nobody's") is None
        assert await records.parked_events(connection) == 1


async def test_a_record_without_any_step_yet_can_be_written(books: Books) -> None:
    await books.take(open_since(1).records()[1:])
    assert await books.value("SELECT open OR overdue OR county IS NOT NULL FROM hazard_fact") is False


async def test_nothing_to_write_is_written_without_a_statement(books: Books) -> None:
    async with books.database.acquire() as connection:
        assert await records.save(connection, []) == []
        await progress.save(connection, {})


async def test_a_batch_is_one_statement_whatever_it_brings(books: Books) -> None:
    before = books.fold(open_since(1, "a").records())
    changes = books.fold([*open_since(1, "b").records(), *open_since(1, "c").closed(hour(2)).records()])
    said: list[object] = []
    async with books.database.transaction() as connection:
        # The client asks about types that it meets for the first time.
        await records.save(connection, before)
        with connection.query_logger(said.append):
            counted = await records.save(connection, changes)
    assert len(said) == 1
    assert Counter(each.hazard_id for each in counted) == {"b": 2, "c": 3}
    assert await books.value("SELECT count(*) FROM hazard_step") == 7


async def test_the_stock_is_counted_by_county_and_grade(books: Books) -> None:
    late = open_since(1, "a").overdue(hour(300))
    await books.take([*late.records(), *open_since(1, "b").records(), *open_since(1, "c").closed(hour(2)).records()])
    async with books.database.acquire() as connection:
        assert await records.open_and_overdue(connection) == [("140502", "general", 2, 1)]


def _at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


async def test_progress_never_goes_back_and_an_event_leaves_the_heartbeat_alone(books: Books) -> None:
    async with books.database.transaction() as connection:
        await progress.save(connection, {0: Progress(9, _at(9), _at(8), _at(7))})
        await progress.save(connection, {0: Progress(5, _at(5), None, _at(6))})
        row = await connection.fetchrow("SELECT * FROM progress")
    assert row is not None
    assert tuple(row) == (0, 9, _at(9), _at(8), _at(7), "{}")


async def test_the_books_are_complete_up_to_the_oldest_of_the_partitions_newest_heartbeats(books: Books) -> None:
    async with books.database.transaction() as connection:
        assert await progress.data_through(connection, 2) is None
        await progress.save(connection, {0: Progress(1, _at(1), _at(1))})
        await progress.save(connection, {1: Progress(1, _at(1), None, _at(1))})
        assert await progress.data_through(connection, 2) is None
        await progress.save(connection, {0: Progress(2, _at(2), _at(2)), 1: Progress(1, _at(5), _at(5))})
        assert await progress.data_through(connection, 2) == _at(2)


async def test_of_a_county_that_is_behind_the_books_are_complete_up_to_its_own_instant(books: Books) -> None:
    held, free = frozenset({"140502"}), frozenset({"140521"})

    async def through(*counties: frozenset[str] | None) -> list[datetime | None]:
        return [await progress.data_through(connection, 2, each) for each in counties]

    async with books.database.transaction() as connection:
        behind = {"140502": _at(3)}
        await progress.save(connection, {0: Progress(1, _at(9), _at(9)), 1: Progress(1, _at(8), _at(8), behind=behind)})
        assert await through(None, held, free, held | free) == [_at(3), _at(3), _at(8), _at(3)]
        # An event leaves the heartbeat's word alone, and so does an older heartbeat; the next one takes its place.
        await progress.save(connection, {1: Progress(2, _at(9), None, _at(9))})
        await progress.save(connection, {1: Progress(3, _at(9), _at(7))})
        assert await through(None, held, free) == [_at(3), _at(3), _at(8)]
        await progress.save(connection, {1: Progress(4, _at(9), _at(9))})
        assert await through(None, held, free) == [_at(9)] * 3


async def test_only_counts_that_are_new_are_given_back(books: Books) -> None:
    events = open_since(1).records()
    [registered] = await books.take(events[:1])
    assert (registered.hazard_id, registered.version, registered.measure) == ("h", 1, "registered")
    change = Change(books.records["h"], 1)
    async with books.database.transaction() as connection:
        assert await records.save(connection, [change]) == []
