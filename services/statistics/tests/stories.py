"""A city's hazards for tests of the books, on the contract's stories. Hours count from 09:00 in China, 1 November 2026."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from duban_contracts.cloudevents import CloudEvent, to_kafka
from duban_contracts.days import Zone
from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.events.types import Channel, Grade
from duban_contracts.testing.stories import Story, hazard
from services.chassis.consuming.deliveries import RawRecord
from services.statistics.books.model.fold import fold
from services.statistics.books.model.record import Entry, HazardRecord
from services.statistics.stream.events.reading import interpret

ZONE: Final = Zone("Asia/Shanghai")
DAYS: Final = CityDays(ZONE, WorkingCalendar(frozenset({2026, 2027}), {}, {}))
START: Final = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
DEADLINE: Final = date(2026, 11, 10)


def hour(hours: float) -> datetime:
    """Return the instant so many hours after START."""
    return START + timedelta(hours=hours)


def found(hazard_id: str = "h", at: float = 0, **facts: Any) -> Story:
    """Return a hazard of 城区's chemical plants, registered at hour `at`; `facts` replace what it is."""
    return hazard(hazard_id, **{"sector": "hazchem", **facts}).registered(hour(at))


def open_since(at: float, hazard_id: str = "h", grade: Grade = Grade.GENERAL, **facts: Any) -> Story:
    """Return the same, confirmed at hour `at`; its deadline is 10 November."""
    return found(hazard_id, **facts).confirmed(hour(at), DEADLINE, grade=grade)


def raw(event: CloudEvent) -> RawRecord:
    """Return the event as a record of the ledger's topic."""
    key, value, headers = to_kafka(event)
    return RawRecord("t", 0, 0, START, key, value, headers)


def entries_of(story: Story) -> list[Entry]:
    """Return the story as the books read it."""
    return [entry_of(event) for event in story.records()]


def entry_of(event: CloudEvent) -> Entry:
    """Return an event as the books read it."""
    meaning = interpret(raw(event))
    assert isinstance(meaning, Entry)
    return meaning


def fold_all(
    entries: Iterable[Entry], known: dict[str, HazardRecord] | None = None, days: CityDays = DAYS
) -> dict[str, HazardRecord]:
    """Return every hazard's record after `entries`, in the order in which they arrive."""
    records = {} if known is None else known
    for entry in entries:
        before = records.get(entry.hazard_id, HazardRecord(hazard_id=entry.hazard_id))
        records[entry.hazard_id] = fold(before, entry, days)
    return records


def booked(story: Story, days: CityDays = DAYS) -> HazardRecord:
    """Return the one record of a story, in a city that counts `days`."""
    return fold_all(entries_of(story), days=days)[story.facts.hazard_id]


def city_of(number: int, chance: random.Random) -> list[Story]:
    """Return `number` hazards with five events each, over four counties, three sectors and thirty days."""
    return [_hazard(n, chance) for n in range(number)]


def _hazard(n: int, chance: random.Random) -> Story:
    at = chance.uniform(0, 500)
    facts = {
        "county": chance.choice(["140502", "140521", "140522", "140581"]),
        "sector": chance.choice(["hazchem", "coal_mine", "construction"]),
        "channel": chance.choice(list(Channel)),
    }
    deadline = ZONE.day_of(hour(at + chance.choice([24, 240])))
    story = found(f"h{n:05d}", at, **facts)
    story = story.confirmed(hour(at + chance.uniform(0, 30)), deadline, grade=chance.choice(list(Grade)))
    match n % 4:
        case 0:
            return story.submitted(hour(at + 40)).closed(hour(at + 60)).reopened(hour(at + 200), date(2026, 11, 20))
        case 1:
            return story.submitted(hour(at + 40)).returned(hour(at + 50)).submitted(hour(at + 70))
        case 2:
            return story.regraded(hour(at + 31), Grade.MAJOR).submitted(hour(at + 90)).closed(hour(at + 100))
        case _:
            return story.overdue(hour(at + 300)).submitted(hour(at + 310)).closed(hour(at + 320))


def history_of(city: Sequence[Story]) -> list[dict[str, object]]:
    """Return the city's history as the ledger exports it."""
    return [
        {"hazard_id": e.subject, "version": e.aggregateversion, "type": e.type, "data": e.data.decode()}
        for story in city
        for e in story.records()
    ]
