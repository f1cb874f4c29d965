"""The fold alone: the books are the same however the events arrive, and they balance."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duban_contracts.events.types import Grade
from duban_contracts.testing.stories import Story
from services.statistics.books.model.cell import Cell, grade_or_undetermined
from services.statistics.books.model.fold import fold, merge
from services.statistics.books.model.record import ARRIVALS, DEPARTURES, Flow, HazardRecord, Measure, decode, encode
from services.statistics.recompute.model import books_of
from services.statistics.tests.stories import (
    DEADLINE,
    ZONE,
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


def measures_of(story: Story) -> list[str]:
    """What the story's last event added to the books, with the grade it was counted under."""
    return [f"{flow.measure} {flow.cell.grade}" for flow in booked(story).steps[-1].flows]


@settings(max_examples=150)
@given(cities, st.integers(0, 2**32))
def test_duplicated_reordered_and_replayed_events_give_the_same_books(city: Sequence[Story], seed: int) -> None:
    entries = [entry for story in city for entry in entries_of(story)]
    chance = random.Random(seed)
    arrived = entries + chance.choices(entries, k=len(entries)) + entries
    chance.shuffle(arrived)
    assert fold_all(arrived) == fold_all(entries)
    assert all(not record.parked for record in fold_all(arrived).values())


@settings(max_examples=150)
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


@settings(max_examples=150)
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
    assert merge(ahead["h"], late, ZONE) == ahead["h"] == merge(late, ahead["h"], ZONE)


def test_what_either_of_two_records_has_parked_is_in_the_merged_one() -> None:
    first, second, third, fourth = entries_of(open_since(1).submitted(hour(2)).returned(hour(3)))
    table = fold_all([first, third])["h"]
    database = fold_all([first, second, fourth])["h"]
    assert merge(table, database, ZONE) == merge(database, table, ZONE) == fold_all([first, second, third, fourth])["h"]


def test_an_event_ahead_of_a_gap_is_parked_and_booked_when_the_gap_fills() -> None:
    first, second, third, fourth = entries_of(open_since(1).submitted(hour(2)).returned(hour(3)))
    record = fold_all([first, fourth, third])["h"]
    assert (record.version, [waiting.version for waiting in record.parked]) == (1, [3, 4])
    record = fold(record, second, ZONE)
    assert (record.version, record.parked) == (4, ())


def test_an_event_that_waits_already_changes_nothing() -> None:
    first, _, third = entries_of(open_since(1).submitted(hour(2)))
    record = fold_all([first, third])["h"]
    assert fold(record, third, ZONE) is record
    assert fold(record, first, ZONE) is record


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


def test_each_event_adds_what_it_says_and_no_more() -> None:
    reported = found()
    confirmed = reported.confirmed(hour(1), DEADLINE)
    submitted = confirmed.submitted(hour(2))
    closed = submitted.closed(hour(4))
    assert measures_of(reported) == ["registered undetermined"]
    assert measures_of(reported.rejected(hour(1))) == ["rejected undetermined"]
    assert measures_of(confirmed) == ["confirmed general"]
    assert measures_of(confirmed.overdue(hour(2))) == ["overdue general"]
    assert measures_of(confirmed.extended(hour(2), date(2026, 12, 1))) == []
    assert measures_of(submitted) == ["rectified general"]
    assert measures_of(submitted.returned(hour(3))) == ["returned general"]
    assert measures_of(closed) == ["closed general"]
    assert measures_of(closed.reopened(hour(5), DEADLINE)) == ["reopened general"]


def test_a_regraded_open_hazard_moves_between_cells() -> None:
    moved = ["transferred_out general", "transferred_in major"]
    assert measures_of(open_since(1).regraded(hour(2), Grade.MAJOR)) == moved


def test_a_hazard_that_is_not_open_moves_between_cells_without_a_trace() -> None:
    closed = open_since(1).submitted(hour(2)).closed(hour(3))
    assert measures_of(closed.regraded(hour(4), Grade.MAJOR)) == []


def test_an_open_hazard_that_is_struck_off_leaves_the_books_unclosed() -> None:
    assert measures_of(open_since(1).rejected(hour(2))) == ["rejected general", "transferred_out general"]


def test_a_hazard_confirmed_once_more_is_not_counted_twice_and_keeps_its_first_confirmation() -> None:
    again = open_since(1).confirmed(hour(40), date(2026, 12, 1))
    newest = booked(again).steps[-1]
    assert newest.flows == ()
    assert (newest.confirmed_at, newest.confirmed_on) == (hour(1), date(2026, 11, 1))
    assert newest.deadline_on == date(2026, 12, 1)


def test_the_first_confirmation_is_where_confirmed_time_begins_even_without_a_registration() -> None:
    confirmed = entries_of(open_since(1))[1]
    alone = fold(HazardRecord(hazard_id="h"), msgspec.structs.replace(confirmed, version=1), ZONE)
    assert alone.newest is not None
    assert (alone.newest.confirmed_at, alone.newest.open) == (hour(1), True)
    assert alone.newest.flows == (Flow(Measure.CONFIRMED, confirmed.cell),)


def test_a_hazard_that_was_not_confirmed_has_no_confirmation() -> None:
    newest = booked(found().rejected(hour(1))).steps[-1]
    assert (newest.confirmed_at, newest.confirmed_on, newest.open) == (None, None, False)


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    # START is 09:00 in China; 15 hours later it is the next day there and still the same day in UTC.
    steps = booked(found(at=14.99).confirmed(hour(15), DEADLINE)).steps
    assert [step.day for step in steps] == [date(2026, 11, 1), date(2026, 11, 2)]


def test_a_booking_day_never_goes_back() -> None:
    steps = booked(found(at=15.1).confirmed(hour(14.9), DEADLINE)).steps
    assert [step.day for step in steps] == [date(2026, 11, 2), date(2026, 11, 2)]


def test_a_closing_stands_until_the_hazard_is_reopened() -> None:
    closed = open_since(1).submitted(hour(20)).closed(hour(40))
    newest = booked(closed).steps[-1]
    assert (newest.rectified_on, newest.closed_at, newest.closed_on) == (date(2026, 11, 2), hour(40), date(2026, 11, 3))
    assert not newest.open
    reopened = booked(closed.reopened(hour(60), DEADLINE)).steps[-1]
    assert (reopened.rectified_on, reopened.closed_at, reopened.closed_on, reopened.open) == (None, None, None, True)


def test_a_return_takes_the_rectification_back() -> None:
    last = booked(open_since(1).submitted(hour(2)).returned(hour(3))).steps[-1]
    assert last.rectified_on is None
    assert last.open


def test_only_an_open_hazard_is_overdue() -> None:
    late = open_since(1).overdue(hour(300))
    assert booked(late).steps[-1].overdue
    assert not booked(late.submitted(hour(301)).closed(hour(302))).steps[-1].overdue


def test_a_step_says_where_the_hazard_stood() -> None:
    step = booked(open_since(1)).steps[-1]
    assert (step.version, step.kind, step.state, step.occurred_at) == (2, "confirmed", "confirmed", hour(1))
    assert step.deadline_on == DEADLINE


@pytest.mark.parametrize(("grade", "cell"), [(None, "undetermined"), ("major", "major")])
def test_before_confirmation_a_hazard_stands_in_a_cell_of_its_own(grade: str | None, cell: str) -> None:
    assert grade_or_undetermined(grade) == cell
