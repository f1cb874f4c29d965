"""The fold alone: the books are the same however the events arrive, and they balance."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duban_contracts.events.types import Grade
from duban_contracts.testing.stories import Story
from services.chassis.testing.tries import tries
from services.statistics.books.model.cell import Cell
from services.statistics.books.model.fold import fold, merge
from services.statistics.books.model.record import ARRIVALS, DEPARTURES, HazardRecord, decode, encode
from services.statistics.recompute.model import books_of
from services.statistics.tests.stories import (
    DAYS,
    DEADLINE,
    booked,
    entries_of,
    fold_all,
    found,
    history_of,
    hour,
    open_since,
)


@st.composite
def stories(draw: st.DrawFn, hazard_id: str = "h") -> Story:
    """A hazard's life by the ledger's own life cycle, with hours that sometimes cross midnight in China."""
    hours = iter(sorted(draw(st.lists(st.integers(0, 400), min_size=14, max_size=14))))
    story = found(
        hazard_id,
        next(hours),
        county=draw(st.sampled_from(["140502", "140521"])),
        sector=draw(st.sampled_from(["hazchem", "coal_mine"])),
    )
    for _ in range(draw(st.integers(0, 12))):
        at = hour(next(hours))
        moves: dict[str, list[Callable[[Story, datetime], Story]]] = {
            "reported": [lambda s, at: s.confirmed(at, DEADLINE, grade=draw(st.sampled_from(Grade))), Story.rejected],
            "confirmed": [Story.submitted, _regraded, Story.overdue],
            "rectifying": [Story.submitted, _regraded, Story.overdue],
            "in_review": [Story.returned, Story.closed, _regraded],
            "closed": [lambda s, at: s.reopened(at, DEADLINE)],
            "rejected": [],
        }
        nexts = moves[story.facts.state.value]
        if not nexts:
            break
        story = draw(st.sampled_from(nexts))(story, at)
    return story


def _regraded(story: Story, at: datetime) -> Story:
    return story.regraded(at, Grade.MAJOR if story.facts.grade is Grade.GENERAL else Grade.GENERAL)


cities = st.integers(1, 4).flatmap(lambda n: st.tuples(*(stories(f"h{i}") for i in range(n))))


def flows_of(records: dict[str, HazardRecord]) -> Counter[tuple[date, Cell, str]]:
    return Counter(
        (step.day, flow.cell, flow.measure.value)
        for record in records.values()
        for step in record.steps
        for flow in step.flows
    )


@settings(max_examples=tries(150))
@given(cities, st.integers(0, 2**32))
def test_duplicated_reordered_and_replayed_events_give_the_same_books(city: Sequence[Story], seed: int) -> None:
    entries = [entry for story in city for entry in entries_of(story)]
    chance = random.Random(seed)
    arrived = entries + chance.choices(entries, k=len(entries)) + entries
    chance.shuffle(arrived)
    assert fold_all(arrived) == fold_all(entries)
    assert all(not record.parked for record in fold_all(arrived).values())


@settings(max_examples=tries(150))
@given(cities)
@pytest.mark.promise("P5")
def test_the_books_balance_in_every_cell_on_every_day(city: Sequence[Story]) -> None:
    records = fold_all([entry for story in city for entry in entries_of(story)])
    stock: Counter[Cell] = Counter()
    by_day: dict[date, list[tuple[Cell, str]]] = defaultdict(list)
    for (day, cell, measure), count in flows_of(records).items():
        by_day[day] += [(cell, measure)] * count
    for day in sorted(by_day):
        for cell, measure in by_day[day]:
            stock[cell] += (measure in ARRIVALS) - (measure in DEPARTURES)
        standing: Counter[Cell] = Counter()
        for record in records.values():
            past = [step for step in record.steps if step.day <= day]
            if past and past[-1].open:
                standing[past[-1].cell] += 1
        assert +stock == standing
        assert min(stock.values(), default=0) >= 0


@settings(max_examples=tries(150))
@given(cities)
@pytest.mark.promise("P5")
def test_the_fold_equals_the_independent_recomputation(city: Sequence[Story]) -> None:
    books = books_of(history_of(city))
    folded = flows_of(fold_all([entry for story in city for entry in entries_of(story)]))
    recomputed = Counter({(day, Cell(*cell), measure): n for (day, cell, measure), n in books.flows.items()})
    assert folded == recomputed


@given(stories(), st.data())
def test_a_record_that_lost_writes_is_healed_by_one_that_has_them(story: Story, data: st.DataObject) -> None:
    entries = entries_of(story)
    cut = data.draw(st.integers(0, len(entries)))
    behind, ahead = fold_all(entries[:cut]), fold_all(entries)
    late = behind.get("h", HazardRecord(hazard_id="h"))
    assert merge(ahead["h"], late, DAYS) == ahead["h"] == merge(late, ahead["h"], DAYS)


def test_what_either_of_two_records_has_parked_is_in_the_merged_one() -> None:
    first, second, third, fourth = entries_of(open_since(1).submitted(hour(2)).returned(hour(3)))
    table = fold_all([first, third])["h"]
    database = fold_all([first, second, fourth])["h"]
    assert merge(table, database, DAYS) == merge(database, table, DAYS) == fold_all([first, second, third, fourth])["h"]


def test_an_event_ahead_of_a_gap_is_parked_and_booked_when_the_gap_fills() -> None:
    first, second, third, fourth = entries_of(open_since(1).submitted(hour(2)).returned(hour(3)))
    record = fold_all([first, fourth, third])["h"]
    assert (record.version, [waiting.version for waiting in record.parked]) == (1, [3, 4])
    record = fold(record, second, DAYS)
    assert (record.version, record.parked) == (4, ())


def test_an_event_that_waits_already_changes_nothing() -> None:
    first, _, third = entries_of(open_since(1).submitted(hour(2)))
    record = fold_all([first, third])["h"]
    assert fold(record, third, DAYS) is record
    assert fold(record, first, DAYS) is record


def test_an_empty_record_has_no_version_and_no_newest_step() -> None:
    record = HazardRecord(hazard_id="h")
    assert (record.version, record.newest, record.steps_from(1)) == (0, None, ())


def test_a_redelivered_version_owes_its_own_step_and_the_later_ones() -> None:
    record = booked(open_since(1).submitted(hour(2)))
    assert [step.version for step in record.steps_from(2)] == [2, 3]
    assert record.newest == record.steps[-1]


def test_the_stream_tables_bytes_are_the_whole_record() -> None:
    first, _, third = entries_of(open_since(1).submitted(hour(2)))
    record = fold_all([first, third])["h"]
    assert decode(encode(record)) == record
