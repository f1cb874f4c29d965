"""Whole numbers that counties send have bounds within PostgreSQL's bigint: one that no column holds would stop everybody's claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, inspect

from duban_contracts.catalogue import EventType
from duban_contracts.codec import event_types
from duban_contracts.topics import TopicFamily

CLAIMS = [entry for entry in event_types() if entry.family is TopicFamily.CLAIMS]


def whole_numbers(said: inspect.Type, path: str, above: tuple[type, ...] = ()) -> Iterator[tuple[str, inspect.IntType]]:
    """Every whole number in what a type may say, at every depth, by its path."""
    if isinstance(said, inspect.IntType):
        yield path, said
    if isinstance(said, inspect.StructType) and said.cls not in above:
        for field in said.fields:
            yield from whole_numbers(field.type, f"{path}.{field.name}", (*above, said.cls))
    inner = [getattr(said, name, None) for name in ("type", "item_type", "key_type", "value_type")]
    for each in (*inner, *getattr(said, "types", ()), *getattr(said, "item_types", ())):
        if isinstance(each, inspect.Type):
            yield from whole_numbers(each, path, above)


def unbounded(model: Any) -> list[str]:
    """The whole numbers that may be too large for a column, or too small."""
    return [
        path
        for path, kind in whole_numbers(inspect.type_info(model), "$")
        if kind.ge is None or kind.le is None or not -(2**63) <= kind.ge <= kind.le < 2**63
    ]


@pytest.mark.parametrize("entry", CLAIMS, ids=[entry.name for entry in CLAIMS])
def test_each_whole_number_of_a_claim_has_bounds_that_a_column_has_room_for(entry: EventType) -> None:
    assert unbounded(entry.model) == []


class Part(msgspec.Struct):
    people: int | None = None
    counted: Annotated[int, Meta(ge=0, le=9)] = 0


class Whole(msgspec.Struct):
    parts: tuple[Part, ...] = ()
    by_place: dict[str, Annotated[int, Meta(ge=0)]] = {}


def test_one_without_a_bound_is_found_at_every_depth() -> None:
    assert unbounded(Whole) == ["$.parts.people", "$.by_place"]


def test_the_contract_has_whole_numbers_to_judge() -> None:
    found = [path for entry in CLAIMS for path, _ in whole_numbers(inspect.type_info(entry.model), "$")]
    assert "$.funds_yuan" in found
