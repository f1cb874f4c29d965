"""Examples of event types: written where a type says something new, in the words of its family where it doesn't."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from duban_contracts.catalogue import EventType, declared
from duban_contracts.codec import event_types
from duban_contracts.examples import examples, in_words_of_others
from duban_contracts.testing.claims import until

HAZARD = [
    entry
    for entry in declared()
    if entry.name.startswith("duban.hazard.") and "occurred_at" in entry.model.__struct_fields__
]


class Visit(msgspec.Struct, frozen=True):
    on: date
    again: tuple[Visit, ...] = ()
    by_place: dict[str, date] = {}
    at: datetime | None = None


def test_an_example_for_tests_says_no_day_after_today_at_any_depth() -> None:
    today, ahead, at = date(2026, 6, 1), date(2026, 6, 2), datetime(2026, 6, 2, tzinfo=UTC)
    said = Visit(ahead, (Visit(ahead), Visit(date(2026, 5, 1))), {"仓库": ahead}, at)
    assert until(said, today) == Visit(today, (Visit(today), Visit(date(2026, 5, 1))), {"仓库": today}, at)


def without(*names: str) -> dict[str, dict[str, object]]:
    return {name: example for name, example in examples().items() if name not in names}


def test_types_are_declared_in_the_order_of_a_life_and_listed_by_name() -> None:
    assert [entry.name.split(".")[2] for entry in HAZARD][:4] == [
        "registered",
        "corrected",
        "first_confirmed",
        "confirmed",
    ]
    assert sorted(declared(), key=lambda entry: entry.name) == event_types()


def fields_of(entry: EventType) -> list[tuple[str, Any]]:
    return [(field.name, field.type) for field in msgspec.structs.fields(entry.model)]


@pytest.mark.parametrize(
    "entry",
    [entry for entry in HAZARD if "reason" in entry.model.__struct_fields__],
    ids=lambda entry: entry.name,
)
def test_a_type_that_says_nothing_new_takes_each_field_from_the_nearest_of_its_family(entry: EventType) -> None:
    fields = set(entry.model.__struct_fields__)
    others = {said for other in HAZARD if other is not entry for said in fields_of(other)}
    own = {name for name, kind in fields_of(entry) if (name, kind) not in others}
    if own:
        with pytest.raises(LookupError, match=rf"examples.json needs {entry.name}: no other .* has ({'|'.join(own)})"):
            in_words_of_others(entry, without(entry.name))
        return
    made = in_words_of_others(entry, without(entry.name))
    assert set(made) == fields
    before = [other for other in HAZARD[: HAZARD.index(entry)] if "reason" in other.model.__struct_fields__]
    after = [other for other in HAZARD[HAZARD.index(entry) + 1 :] if "reason" in other.model.__struct_fields__]
    nearest = (before[-1:] or after[:1])[0]
    assert made["reason"] == examples()[nearest.name]["reason"]
