"""One of several structs, told apart by a tag: closed, explained and held to its own terms."""

from __future__ import annotations

import msgspec
import pytest

from duban_contracts.closed import closed_decoder
from duban_contracts.events.types import ShortText
from duban_contracts.explain import explain
from duban_contracts.terms import check_terms


class Once(msgspec.Struct, frozen=True, tag="once", tag_field="by"):
    day: int


class Often(msgspec.Struct, frozen=True, tag="often", tag_field="by"):
    every: int


class Timetable(msgspec.Struct, frozen=True):
    rule: Once | Often


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"by": "once", "day": 1}, []),
        ({"by": "once", "day": "x"}, [("wrong-type", "$.rule.day")]),
        ({"by": "often", "every": 1, "day": 1}, [("unknown-field", "$.rule.day")]),
        ({"by": "moon"}, [("unknown-value", "$.rule.by")]),
        ({"day": 1}, [("missing-field", "$.rule.by")]),
        ("once", [("wrong-type", "$.rule")]),
    ],
)
def test_one_of_several_structs_is_judged_as_the_one_that_its_tag_names(rule: object, found: list[object]) -> None:
    assert [(each.code, each.field) for each in explain({"rule": rule}, Timetable)] == found
    decoder = closed_decoder(Timetable)
    if found:
        with pytest.raises(msgspec.ValidationError):
            decoder.decode(msgspec.json.encode({"rule": rule}))
    else:
        decoder.decode(msgspec.json.encode({"rule": rule}))


class Worded(msgspec.Struct, frozen=True, tag="worded", tag_field="by"):
    words: ShortText


class Counted(msgspec.Struct, frozen=True, tag="counted", tag_field="by"):
    number: int


class Ruled(msgspec.Struct, frozen=True):
    rule: Worded | Counted


def test_one_of_several_structs_is_held_to_its_own_demands() -> None:
    assert check_terms(Ruled(Counted(1))) == []
    assert check_terms(Ruled(Worded("每月"))) == []
    assert [(each.code, each.field) for each in check_terms(Ruled(Worded(" ")))] == [("blank-text", "$.rule.words")]
