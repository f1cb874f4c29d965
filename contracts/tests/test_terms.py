from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.tests.tables import each
from duban_contracts.catalogue import EventType
from duban_contracts.codec import decode, event_types, lookup
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.types import Instant, LongText, ShortText
from duban_contracts.examples import example_event, examples
from duban_contracts.generate.schemas import payload_schema
from duban_contracts.terms import check_terms
from duban_contracts.vocabulary import VOCABULARIES


def with_value(payload: dict[str, Any], path: tuple[str | int, ...], value: object) -> Any:
    document: Any = msgspec.json.decode(msgspec.json.encode(payload))
    node = document
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return document


def coded(schema: Any, document: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths in an example at which the published schema says `x-vocabulary`: found another way."""
    if "$ref" in schema:
        raise AssertionError("references are resolved by the caller")
    if "x-vocabulary" in schema:
        return [path]
    if isinstance(document, dict):
        return [
            found for name, value in document.items() for found in coded(member(schema, name), value, (*path, name))
        ]
    if isinstance(document, list):
        return [
            found
            for index, value in enumerate(document)
            for found in coded(schema.get("items", {}), value, (*path, index))
        ]
    return []


def member(schema: Any, name: str) -> Any:
    """Return the schema of a member: of an object's property, or of a map's value, where that has one."""
    return schema["properties"][name] if "properties" in schema else schema.get("additionalProperties", {})


def resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [resolved(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return resolved(next(option for option in schema["anyOf"] if option.get("type") != "null"), definitions)
    return {key: resolved(value, definitions) for key, value in schema.items()}


@cache
def schema_of(name: str) -> Any:
    """Return the published schema of an event type, without references."""
    schema = payload_schema(lookup(name))
    return resolved(schema, schema.get("$defs", {}))


def coded_paths(entry: EventType) -> list[tuple[str | int, ...]]:
    return coded(schema_of(entry.name), examples()[entry.name])


def test_the_example_of_every_type_uses_published_terms() -> None:
    def uses(entry: EventType) -> None:
        assert check_terms(decode(example_event(entry))) == []

    each(event_types(), uses, name=lambda entry: entry.name)


def test_every_code_that_the_schema_binds_to_a_vocabulary_is_checked_at_its_own_path() -> None:
    def is_checked(entry: EventType) -> None:
        for path in coded_paths(entry):
            wrong = with_value(examples()[entry.name], path, "alchemy")
            (found,) = check_terms(decode(example_event(entry, wrong)))
            shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
            assert (found.code, found.field) == ("unknown-term", f"${shown}")

    each(event_types(), is_checked, name=lambda entry: entry.name)


def test_vocabularies_are_bound_in_claims_facts_actors_letters_and_lists() -> None:
    assert coded_paths(lookup("duban.hazard.reported.v1")) == [("sector",)]
    assert ("hazard", "responsible_unit") in coded_paths(lookup("duban.hazard.closed.v1"))
    assert ("actor", "role") in coded_paths(lookup("duban.hazard.closed.v1"))
    assert {("channels", 0), ("about", "kind"), ("kind",)} <= set(coded_paths(lookup("duban.notice.issued.v1")))


def bound_to(entry: EventType, path: tuple[str | int, ...]) -> str:
    node = schema_of(entry.name)
    for step in path:
        node = node["items"] if isinstance(step, int) else member(node, step)
    return str(node["x-vocabulary"])


PLACES = [(entry, path, bound_to(entry, path)) for entry in event_types() for path in coded_paths(entry)]


@given(st.sampled_from(PLACES), st.data())
def test_every_term_of_a_vocabulary_passes_where_it_is_bound(
    place: tuple[EventType, tuple[str | int, ...], str], data: st.DataObject
) -> None:
    entry, path, vocabulary = place
    code = data.draw(st.sampled_from([term.code for term in VOCABULARIES[vocabulary]]))
    assert check_terms(decode(example_event(entry, with_value(examples()[entry.name], path, code)))) == []


class Place(msgspec.Struct, frozen=True, kw_only=True):
    name: ShortText
    seen_at: datetime | None = None


class Said(EnteredClaim, frozen=True, kw_only=True):
    """What a type of a day to come may hold, in each shape."""

    text: LongText = "a"
    maybe: ShortText | None = None
    either: int | ShortText = 1
    at: Instant = datetime(2026, 6, 1, tzinfo=UTC)
    texts: tuple[ShortText, ...] = ()
    table: dict[ShortText, ShortText] = msgspec.field(default_factory=dict)
    places: tuple[Place, ...] = ()


EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"text": "a\0"}, "control-character", "$.text"),
        ({"maybe": "\x1b[31m"}, "control-character", "$.maybe"),
        ({"either": "\u202e"}, "control-character", "$.either"),
        ({"texts": ("a", "\0")}, "control-character", "$.texts[1]"),
        ({"table": {"a": "b\0"}}, "control-character", "$.table.a"),
        ({"table": {"a\0": "b"}}, "control-character", "$.table"),
        ({"places": (Place(name="\0"),)}, "control-character", "$.places[0].name"),
        ({"at": datetime(1, 1, 1, tzinfo=EAST)}, "bad-time", "$.at"),
        ({"at": datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=8)))}, "bad-time", "$.at"),
        ({"places": (Place(name="a", seen_at=datetime(1, 1, 1, tzinfo=EAST)),)}, "bad-time", "$.places[0].seen_at"),
        ({"reference": "\u3000"}, "blank-text", "$.reference"),
    ],
)
def test_what_a_claim_says_in_any_shape_is_held_to_what_can_be_kept(
    fields: dict[str, Any], code: str, path: str
) -> None:
    said = {"county": "140502", "reference": "DJ-1"}
    (found,) = check_terms(Said(**said | fields))
    assert (found.code, found.field) == (code, path)


def test_what_can_be_kept_is_taken_at_every_depth() -> None:
    whole = Said(
        county="140502",
        reference="DJ-1",
        text="一行\n两行\t",
        maybe="a",
        either="东",
        at=datetime(1, 1, 1, 8, tzinfo=EAST),
        table={"甲": "乙"},
        places=(Place(name="罐区", seen_at=datetime(9999, 12, 31, tzinfo=UTC)),),
    )
    assert check_terms(whole) == check_terms(Said(county="140502", reference="DJ-1")) == []
