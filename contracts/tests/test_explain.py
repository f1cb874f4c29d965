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
    both: int | str = 1
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


WORDS = {
    "whole": ("类型不符，应为整数", "must be a whole number"),
    "text": ("类型不符，应为文本", "must be a string"),
    "object": ("类型不符，应为对象", "must be an object"),
    "array": ("类型不符，应为数组", "must be an array"),
    "number": ("类型不符，应为数字", "must be a number"),
    "flag": ("类型不符，应为是/否", "must be true or false"),
    "pair": ("类型不符，应为2项的数组", "must be an array of 2 items"),
    "uuid": ("格式不符", "must be a UUID"),
    "a or b": ("取值不在允许范围内：a, b", "must be one of a, b"),
    "grade": ("取值不在允许范围内：general, major", "must be one of general, major"),
    "date": ("应为日期，形如 2026-11-21", "must be a date, YYYY-MM-DD"),
    "instant": (
        "应为带时区的时间，形如 2026-11-21T08:30:00+08:00",
        "must be an RFC 3339 timestamp with a UTC offset",
    ),
}


@pytest.mark.parametrize(
    ("document", "path", "code", "words"),
    [
        ({"whole": 0}, "$.whole", "out-of-range", ("超出允许范围，不小于1", "must be at least 1")),
        ({"whole": 10}, "$.whole", "out-of-range", ("超出允许范围，不大于9", "must be at most 9")),
        ({"whole": True}, "$.whole", "wrong-type", WORDS["whole"]),
        ({"whole": "1"}, "$.whole", "wrong-type", WORDS["whole"]),
        ({"between": 1}, "$.between", "out-of-range", ("超出允许范围，大于1", "must be above 1")),
        ({"between": 9}, "$.between", "out-of-range", ("超出允许范围，小于9", "must be below 9")),
        ({"number": "x"}, "$.number", "wrong-type", WORDS["number"]),
        ({"number": True}, "$.number", "wrong-type", WORDS["number"]),
        ({"number": 1.5}, "$.number", "out-of-range", ("超出允许范围，不大于1", "must be at most 1")),
        ({"id": "7"}, "$.id", "wrong-format", WORDS["uuid"]),
        ({"id": 7}, "$.id", "wrong-format", WORDS["uuid"]),
        ({"kind": "c"}, "$.kind", "unknown-value", WORDS["a or b"]),
        ({"kind": True}, "$.kind", "unknown-value", WORDS["a or b"]),
        ({"grade": "x"}, "$.grade", "unknown-value", WORDS["grade"]),
        ({"day": "2026-02-30"}, "$.day", "bad-date", WORDS["date"]),
        ({"day": 3}, "$.day", "bad-date", WORDS["date"]),
        (
            {"items": []},
            "$.items",
            "out-of-range",
            ("超出允许范围，项数至少为1", "must be an array of at least 1 items"),
        ),
        (
            {"items": [1, 2, 3]},
            "$.items",
            "out-of-range",
            ("超出允许范围，项数至多为2", "must be an array of at most 2 items"),
        ),
        ({"items": [1, "a"]}, "$.items[1]", "wrong-type", WORDS["whole"]),
        ({"items": {}}, "$.items", "wrong-type", WORDS["array"]),
        ({"words": ["a", 1]}, "$.words[1]", "wrong-type", WORDS["text"]),
        ({"pair": [1]}, "$.pair", "wrong-type", WORDS["pair"]),
        ({"pair": 7}, "$.pair", "wrong-type", WORDS["pair"]),
        ({"pair": "ab"}, "$.pair", "wrong-type", WORDS["pair"]),
        ({"pair": [1, 2]}, "$.pair[1]", "wrong-type", WORDS["text"]),
        ({"at": "2026-11-21T08:30:00"}, "$.at", "bad-time", WORDS["instant"]),
        ({"at": "2026-11-21"}, "$.at", "bad-time", WORDS["instant"]),
        ({"moment": "08:30"}, "$.moment", "bad-time", WORDS["instant"]),
        ({"moment": 5}, "$.moment", "bad-time", WORDS["instant"]),
        ({"either": []}, "$.either", "wrong-type", WORDS["whole"]),
        ({"both": None}, "$.both", "wrong-type", WORDS["whole"]),
        ({"named": []}, "$.named", "wrong-type", WORDS["object"]),
        ({"named": {"x": []}}, "$.named.x", "wrong-type", WORDS["object"]),
        ({"named": {"x": {"flag": 1}}}, "$.named.x.flag", "wrong-type", WORDS["flag"]),
        (
            {"named": {"x": {"flga": True}}},
            "$.named.x.flga",
            "unknown-field",
            ("契约中没有此字段，请核对拼写", "is not a field here"),
        ),
        ([], "$", "wrong-type", WORDS["object"]),
    ],
)
def test_a_fault_is_named_by_its_path_and_code_and_said_in_both_languages(
    document: object, path: str, code: str, words: tuple[str, str]
) -> None:
    (found,) = explain(document, Everything)
    chinese, english = words
    assert (found.field, found.code, found.rule) == (path, code, english)
    assert found.message.endswith(f"：{chinese}")
    assert path in found.message


@pytest.mark.parametrize(
    "document",
    [
        {"whole": 1},
        {"whole": 9},
        {"between": 2},
        {"between": 8},
        {"number": 0},
        {"number": 1},
        {"id": "019aa000-0000-7000-8000-0000000000ff"},
        {"kind": "b"},
        {"grade": "major"},
        {"day": "2026-02-28"},
        {"at": "2026-11-21T08:30:00+08:00"},
        {"moment": "2026-11-21T08:30:00"},
        {"items": [1]},
        {"items": [1, 2]},
        {"pair": [1, "a"]},
        {"either": "a"},
        {"either": None},
    ],
)
def test_what_stands_at_its_bounds_is_right(document: dict[str, Any]) -> None:
    assert list(explain(document, Everything)) == []


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    short: Annotated[str, Meta(min_length=2, max_length=3)] = "ab"
    coded: Annotated[str, Meta(pattern="^[a-z]+$")] = "a"
    named: dict[Annotated[str, Meta(max_length=2)], int] = msgspec.field(default_factory=dict)
    needed: int


@pytest.mark.parametrize(
    ("document", "path", "code", "words"),
    [
        ({"short": "a"}, "$.short", "too-short", ("过短，至少2个字符", "must have at least 2 characters")),
        ({"short": "abcd"}, "$.short", "too-long", ("过长，最多3个字符", "must have at most 3 characters")),
        ({"coded": "A"}, "$.coded", "wrong-format", ("格式不符", "must match ^[a-z]+$")),
        ({"coded": "a\tb"}, "$.coded", "control-character", None),
        ({"coded": "a\x7f"}, "$.coded", "control-character", None),
        ({"named": {"abc": 1}}, "$.named.abc", "too-long", None),
    ],
)
def test_a_text_is_measured_and_matched(
    document: dict[str, Any], path: str, code: str, words: tuple[str, str] | None
) -> None:
    (found,) = explain({"needed": 1, **document}, Texts)
    assert (found.field, found.code) == (path, code)
    if words is not None:
        assert (found.message.partition("：")[2], found.rule) == words


@pytest.mark.parametrize("document", [{"short": "ab"}, {"short": "abc"}, {"coded": "abc"}, {"named": {"ab": 1}}])
def test_a_text_at_its_bounds_is_right(document: dict[str, Any]) -> None:
    assert list(explain({"needed": 1, **document}, Texts)) == []


def test_a_missing_field_is_named() -> None:
    (found,) = explain({}, Texts)
    assert (found.field, found.code, found.rule) == ("$.needed", "missing-field", "is required")
    assert found.message == "$.needed：缺少必填项"


class Odd(msgspec.Struct, frozen=True):
    raw: bytes = b""


def test_a_kind_of_field_that_nobody_uses_is_a_bug_that_names_its_place() -> None:
    with pytest.raises(NotImplementedError, match=r"^\$\.raw: BytesType is not used in this contract$"):
        list(explain({"raw": ""}, Odd))


def test_one_value_is_explained_as_a_type_of_the_contract() -> None:
    assert [found.code for found in explain_type("14050", CountyCode, "county")] == ["too-short"]
    assert list(explain_type(None, Sector | None, "sector")) == []
    assert [found.field for found in explain_type("Coal", Sector, "sector")] == ["sector"]
