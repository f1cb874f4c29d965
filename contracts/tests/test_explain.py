"""The walk that explains a wrong document, on every kind of field that events and commands use."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from contracts.tests.strategies import json_values
from duban_contracts.closed import closed_decoder
from duban_contracts.events.types import CountyCode, Grade, Instant, Sector
from duban_contracts.explain import explain, explain_type


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    flag: bool = False


class Everything(msgspec.Struct, frozen=True, kw_only=True):
    whole: Annotated[int, Meta(ge=1, le=9)] = 1
    between: Annotated[int, Meta(gt=1, lt=9)] = 2
    number: Annotated[float, Meta(ge=0, le=1)] = 0.5
    id: UUID | None = None
    kind: Literal["a", "b"] = "a"
    grade: Grade = Grade.GENERAL
    day: date | None = None
    at: Instant | None = None
    moment: datetime | None = None
    items: Annotated[list[int], Meta(min_length=1, max_length=2)] = msgspec.field(default_factory=lambda: [1])
    words: tuple[str, ...] = ()
    pair: tuple[int, str] = (1, "a")
    named: dict[str, Inner] = msgspec.field(default_factory=dict)
    either: int | str | None = None
    anything: Any = None


FIELDS = [field.name for field in msgspec.structs.fields(Everything)]
near_values = st.one_of(
    json_values,
    st.integers(-1, 11),
    st.floats(-1, 2),
    st.sampled_from(
        [
            "a",
            "b",
            "major",
            "2026-02-30",
            "2026-02-28",
            "2026-11-21T08:30:00",
            "2026-11-21T08:30:00+08:00",
            "2026-11-21T25:30:00Z",
            "019aa000-0000-7000-8000-0000000000ff",
        ]
    ),
    st.lists(st.integers(0, 3) | st.text(max_size=1), max_size=3),
    st.dictionaries(st.text(max_size=2), st.fixed_dictionaries({}, optional={"flag": st.booleans()}), max_size=2),
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "novel"]), near_values))
def test_the_walk_finds_a_fault_exactly_where_the_closed_decoder_refuses(document: dict[str, Any]) -> None:
    raw = msgspec.json.encode(document)
    decoded = msgspec.json.decode(raw)
    try:
        closed_decoder(Everything).decode(raw)
    except msgspec.ValidationError:
        assert list(explain(decoded, Everything))
    else:
        assert list(explain(decoded, Everything)) == []


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({"whole": 10}, ("$.whole", "out-of-range")),
        ({"whole": True}, ("$.whole", "wrong-type")),
        ({"between": 1}, ("$.between", "out-of-range")),
        ({"between": 9}, ("$.between", "out-of-range")),
        ({"number": "x"}, ("$.number", "wrong-type")),
        ({"number": 1.5}, ("$.number", "out-of-range")),
        ({"id": "7"}, ("$.id", "wrong-format")),
        ({"kind": "c"}, ("$.kind", "unknown-value")),
        ({"items": []}, ("$.items", "out-of-range")),
        ({"items": [1, 2, 3]}, ("$.items", "out-of-range")),
        ({"items": ["a"]}, ("$.items[0]", "wrong-type")),
        ({"pair": [1]}, ("$.pair", "wrong-type")),
        ({"pair": [1, 2]}, ("$.pair[1]", "wrong-type")),
        ({"at": "2026-11-21T08:30:00"}, ("$.at", "bad-time")),
        ({"at": "2026-11-21"}, ("$.at", "bad-time")),
        ({"moment": "08:30"}, ("$.moment", "bad-time")),
        ({"either": []}, ("$.either", "wrong-type")),
        ({"named": []}, ("$.named", "wrong-type")),
        ({"named": {"x": {"flag": 1}}}, ("$.named.x.flag", "wrong-type")),
        ({"named": {"x": {"flga": True}}}, ("$.named.x.flga", "unknown-field")),
    ],
)
def test_a_fault_is_named_by_its_path_and_code(document: dict[str, Any], fault: tuple[str, str]) -> None:
    assert [(found.field, found.code) for found in explain(document, Everything)] == [fault]


def test_one_value_is_explained_as_a_type_of_the_contract() -> None:
    assert [found.code for found in explain_type("14050", CountyCode, "county")] == ["too-short"]
    assert list(explain_type(None, Sector | None, "sector")) == []
    assert [found.field for found in explain_type("Coal", Sector, "sector")] == ["sector"]
