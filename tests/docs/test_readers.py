"""The page of readers names every event of a hazard, and calls no reader deaf that does something with one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from duban_contracts.codec import decode, event_types, lookup
from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.deadlines.fold import Happening, happening, move, reckon
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.examples import example_event
from duban_contracts.generate.readers import with_events
from duban_contracts.testing.calendar import ZONE
from duban_contracts.topics import needed_by
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.confirming import TAKEN
from services.scheduler.clocks.model import listings
from services.scheduler.followups.model import news_of
from services.statistics.books.model.cell import Cell
from services.statistics.books.model.fold import book
from services.statistics.books.model.record import Entry, Step

PAGE: Final = Path(__file__).parents[2] / "docs" / "readers.md"
ROW: Final = re.compile(r"^\| `(\w+)` (\S+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
DAYS: Final = CityDays(ZONE, WorkingCalendar(frozenset(), {}, {}))
BEGAN: Final = datetime(2026, 11, 1, tzinfo=UTC)
DUE: Final = date(2026, 11, 10)
# What may have befallen a hazard before: enough that each event finds a history in which it could mean something.
BEFORE: Final = (
    ("confirmed",),
    ("confirmed", "submitted"),
    ("confirmed", "submitted", "closed"),
    ("confirmed", "merged"),
)


def rows(page: str | None = None) -> dict[str, tuple[str, ...]]:
    return {name: tuple(said) for name, *said in ROW.findall(page or PAGE.read_text(encoding="utf-8"))}


def events() -> dict[str, HazardEvent]:
    found = {}
    for entry in event_types():
        if entry.name.startswith("duban.hazard.") and issubclass(entry.model, HazardEvent):
            data = decode(example_event(entry))
            assert isinstance(data, HazardEvent)
            found[entry.name.split(".")[2]] = data
    return found


def histories() -> Iterator[list[Happening]]:
    for kinds in BEFORE:
        yield [Happening(kind, BEGAN + timedelta(hours=place), DUE) for place, kind in enumerate(kinds)]


def moves_a_clock(event: HazardEvent) -> bool:
    """Whether the scheduler's reckoning of a hazard or of its listing is another one after it."""
    clocks = [reckon("h", each, DAYS) for each in histories()]
    if any(move(clock, "h", happening(event), DAYS) != clock for clock in [None, *clocks]):
        return True
    listing = listings.listing_of(event)
    about = listing.as_subject(event.hazard.hazard_id).id if listing else "h"
    for each in [None, *(reckon(about, told, DAYS) for told in histories())]:
        after = listings.advance(each, event, version=99, days=DAYS)
        before = None if each is None else replace(each, version=99, grade=event.hazard.grade)
        if listing is not None and after != before:
            return True
    return False


def is_booked_by_its_kind(kind: str) -> bool:
    """Whether the books of statistics say something else of it than of an event that nobody knows."""
    cell = Cell("140502", "hazchem", "major", "inspection")
    for told in histories():
        steps: list[Step] = []
        for what in told:
            entry = Entry(
                hazard_id="h",
                version=len(steps) + 1,
                kind=what.kind,
                occurred_at=what.at,
                cell=cell,
                state="confirmed",
                deadline_on=DUE,
            )
            steps.append(book(steps, entry, DAYS))
        later = Entry(
            hazard_id="h",
            version=99,
            kind=kind,
            occurred_at=BEGAN + timedelta(days=2),
            cell=cell,
            state="confirmed",
            deadline_on=date(2026, 11, 15),
        )
        stranger = book(steps, msgspec.structs.replace(later, kind="unheard_of"), DAYS)
        if msgspec.structs.replace(book(steps, later, DAYS), kind="unheard_of") != stranger:
            return True
    return False


def test_every_event_of_a_hazard_stands_on_the_page_under_its_chinese_name() -> None:
    named = {name: lookup(f"duban.hazard.{name}.v1").title_zh for name in events()}
    assert {name: said[0] for name, said in rows().items()} == named


def test_a_new_event_gets_a_row_a_gone_one_loses_it_and_what_is_written_by_hand_stays() -> None:
    page = PAGE.read_text(encoding="utf-8")
    without = page.replace(f"| `returned` {rows()['returned'][0]} |", "| `gone` 没有 |")
    title, *_ = rows()["returned"]
    assert rows(with_events(without)) == {**rows(), "returned": (title, *["— nothing follows from it"] * 3)}
    assert with_events(page.replace("`returned` 退回", "`returned` 打回")) == page
    with pytest.raises(ValueError, match="no table"):
        with_events("# Who does what\n")


@pytest.mark.parametrize("name", sorted(events()))
def test_whom_the_page_calls_deaf_to_an_event_is_deaf_to_it(name: str) -> None:
    _, scheduler, notifications, statistics = rows()[name]
    if scheduler.startswith("—"):
        assert not moves_a_clock(events()[name])
        assert list(news_of(events()[name])) == []
    if statistics.startswith("—"):
        assert not is_booked_by_its_kind(name)
    does = isinstance(events()[name], TAKEN) or any(isinstance(events()[name], kind.events) for kind in KINDS)
    assert does == (not notifications.startswith("—"))
    assert all(len(said.removeprefix("—").strip()) > 0 for said in rows()[name])


def test_letters_are_written_of_no_type_that_their_reader_does_not_take() -> None:
    asked = {event for kind in KINDS for event in kind.events if issubclass(event, HazardEvent)}
    assert asked <= {lookup(name).model for name in needed_by("notifications.hazards")} == set(TAKEN)
