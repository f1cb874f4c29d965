"""The fold alone: the books are the same however the events arrive, and they balance."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from duban_contracts.cloudevents import CloudEvent, to_kafka
from duban_contracts.codec import encode
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.events.types import Grade
from services.chassis.consuming.deliveries import RawRecord
from services.statistics.application.intake import Heartbeat, Skipped, interpret
from services.statistics.domain.cell import Cell
from services.statistics.domain.fold import fold, merge
from services.statistics.domain.record import Entry, HazardRecord, Measure
from services.statistics.recompute import books_of
from services.statistics.tests.story import START, Hazard

_PLUS = {Measure.CONFIRMED, Measure.REOPENED, Measure.TRANSFERRED_IN}
_MINUS = {Measure.CLOSED, Measure.TRANSFERRED_OUT}


def entry_of(event: CloudEvent) -> Entry:
    key, value, headers = to_kafka(event)
    meaning = interpret(RawRecord("t", 0, 0, START, key, value, headers))
    assert isinstance(meaning, Entry)
    return meaning


@st.composite
def stories(draw: st.DrawFn, hazard_id: str = "h") -> Hazard:
    """A hazard's life by the ledger's own life cycle, with hours that sometimes cross midnight in China."""
    hours = iter(sorted(draw(st.lists(st.integers(0, 400), min_size=14, max_size=14))))
    hazard = Hazard(
        hazard_id,
        county=draw(st.sampled_from(["140502", "140521"])),
        sector=draw(st.sampled_from(["hazchem", "coal_mine"])),
    ).register(next(hours))
    for _ in range(draw(st.integers(0, 12))):
        moves = {
            "reported": ["confirm", "reject"],
            "confirmed": ["submit", "regrade", "overdue"],
            "rectifying": ["submit", "regrade", "overdue"],
            "in_review": ["give_back", "close", "regrade"],
            "closed": ["reopen"],
            "rejected": [],
        }[hazard.state.value]
        if not moves:
            break
        move, at = draw(st.sampled_from(moves)), next(hours)
        if move == "confirm":
            hazard.confirm(at, draw(st.sampled_from(Grade)))
        elif move == "regrade":
            hazard.regrade(at, Grade.MAJOR if hazard.grade is Grade.GENERAL else Grade.GENERAL)
        elif move == "overdue":
            hazard.go_overdue(at)
        else:
            getattr(hazard, move)(at)
    return hazard


cities = st.integers(1, 4).flatmap(lambda n: st.tuples(*(stories(f"h{i}") for i in range(n))))


def fold_all(entries: Sequence[Entry]) -> dict[str, HazardRecord]:
    records: dict[str, HazardRecord] = {}
    for entry in entries:
        known = records.get(entry.hazard_id, HazardRecord(hazard_id=entry.hazard_id))
        records[entry.hazard_id] = fold(known, entry)
    return records


def flows_of(records: dict[str, HazardRecord]) -> Counter[tuple[date, Cell, str]]:
    return Counter(
        (step.day, flow.cell, flow.measure.value)
        for record in records.values()
        for step in record.steps
        for flow in step.flows
    )


@settings(max_examples=150, deadline=None)
@given(cities, st.integers(0, 2**32))
def test_duplicated_reordered_and_replayed_events_give_the_same_books(city: Sequence[Hazard], seed: int) -> None:
    entries = [entry_of(event) for hazard in city for event in hazard.events]
    chance = random.Random(seed)
    arrived = entries + chance.choices(entries, k=len(entries)) + entries
    chance.shuffle(arrived)
    assert fold_all(arrived) == fold_all(entries)
    assert all(not record.parked for record in fold_all(arrived).values())


@settings(max_examples=150, deadline=None)
@given(cities)
def test_the_books_balance_in_every_cell_on_every_day(city: Sequence[Hazard]) -> None:
    records = fold_all([entry_of(event) for hazard in city for event in hazard.events])
    stock: Counter[Cell] = Counter()
    by_day: dict[date, list[tuple[Cell, str]]] = defaultdict(list)
    for (day, cell, measure), count in flows_of(records).items():
        by_day[day] += [(cell, measure)] * count
    for day in sorted(by_day):
        for cell, measure in by_day[day]:
            stock[cell] += (measure in _PLUS) - (measure in _MINUS)
        standing: Counter[Cell] = Counter()
        for record in records.values():
            past = [step for step in record.steps if step.day <= day]
            if past and past[-1].open:
                standing[past[-1].cell] += 1
        assert +stock == standing
        assert min(stock.values(), default=0) >= 0


@settings(max_examples=150, deadline=None)
@given(cities)
def test_the_fold_equals_the_independent_recomputation(city: Sequence[Hazard]) -> None:
    events = [event for hazard in city for event in hazard.events]
    history = [
        {"hazard_id": e.subject, "version": e.aggregateversion, "type": e.type, "data": e.data.decode()} for e in events
    ]
    books = books_of(history)
    folded = flows_of(fold_all([entry_of(event) for event in events]))
    recomputed = Counter({(day, Cell(*cell), measure): n for (day, cell, measure), n in books.flows.items()})
    assert folded == recomputed


@given(stories(), st.data())
def test_a_record_that_lost_writes_is_healed_by_one_that_has_them(hazard: Hazard, data: st.DataObject) -> None:
    entries = [entry_of(event) for event in hazard.events]
    cut = data.draw(st.integers(0, len(entries)))
    behind, ahead = fold_all(entries[:cut]), fold_all(entries)
    late = behind.get("h", HazardRecord(hazard_id="h"))
    assert merge(ahead["h"], late) == ahead["h"] == merge(late, ahead["h"])


def test_an_event_ahead_of_a_gap_is_parked_and_booked_when_the_gap_fills() -> None:
    first, second, third = [entry_of(e) for e in Hazard("h").register().confirm(1).submit(2).events]
    record = fold(fold(HazardRecord(hazard_id="h"), first), third)
    assert (record.version, [waiting.version for waiting in record.parked]) == (1, [3])
    record = fold(record, second)
    assert (record.version, record.parked) == (3, ())


def test_a_regraded_open_hazard_moves_between_cells() -> None:
    story = Hazard("h").register().confirm(1).regrade(2, Grade.MAJOR).submit(3).close(4)
    step = fold_all([entry_of(e) for e in story.events])["h"].steps[2]
    assert [(flow.measure.value, flow.cell.grade) for flow in step.flows] == [
        ("transferred_out", "general"),
        ("transferred_in", "major"),
    ]


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    # START is 09:00 in China; 15 hours later it is the next day there and still the same day in UTC.
    steps = fold_all([entry_of(e) for e in Hazard("h").register(14.99).confirm(15).events])["h"].steps
    assert [step.day for step in steps] == [date(2026, 11, 1), date(2026, 11, 2)]


def test_a_booking_day_never_goes_back() -> None:
    steps = fold_all([entry_of(e) for e in Hazard("h").register(15.1).confirm(14.9).events])["h"].steps
    assert [step.day for step in steps] == [date(2026, 11, 2), date(2026, 11, 2)]


def test_a_return_takes_the_rectification_back() -> None:
    story = Hazard("h").register().confirm(1).submit(2).give_back(3)
    last = fold_all([entry_of(e) for e in story.events])["h"].steps[-1]
    assert last.rectified_on is None
    assert last.open


def test_a_type_of_a_later_contract_counts_as_a_version_and_may_move_the_hazard() -> None:
    story = Hazard("h").register().confirm(1)
    story.grade = Grade.MAJOR
    story.regrade(2, Grade.MAJOR)
    known = story.events[-1]
    key, value, headers = to_kafka(known)
    headers = [(k, b"duban.hazard.listed.v1" if k == "ce_type" else v) for k, v in headers]
    meaning = interpret(RawRecord("t", 0, 0, START, key, value, headers))
    assert isinstance(meaning, Entry)
    assert (meaning.kind, meaning.version, meaning.cell.grade) == ("listed", 3, "major")


def test_a_heartbeat_and_an_event_of_another_family_are_no_entries() -> None:
    beat = CloudEvent(
        id="b",
        source="/duban/ledger",
        type="duban.ledger.heartbeat.v1",
        data=encode(LedgerHeartbeat(applied_through=START + timedelta(seconds=5))),
    )
    key, value, headers = to_kafka(beat)
    assert interpret(RawRecord("t", 0, 0, START, key, value, headers)) == Heartbeat(START + timedelta(seconds=5))
    headers = [(k, b"duban.something.else.v1" if k == "ce_type" else v) for k, v in headers]
    assert interpret(RawRecord("t", 0, 0, START, key, value, headers)) == Skipped()
