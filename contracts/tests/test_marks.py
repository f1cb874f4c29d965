"""What fields say of themselves: that a day has come, and what people call them. The doors take it from there."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from duban_contracts.admissible.dates import Present
from duban_contracts.catalogue import registered
from duban_contracts.events.marks import called, past
from duban_contracts.field_names import FIELD_NAMES_ZH, names_of, with_names
from duban_contracts.past_days import impossible_days
from duban_contracts.topics import TopicFamily

PRESENT = Present(date(2026, 11, 21), "Asia/Shanghai")
Day = Annotated[date, past("演练日期")]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    on: Day
    people: Annotated[int, Meta(ge=1), called("参加人数")] = 1


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    held_on: Day
    planned_on: date | None = None
    again_on: Annotated[date | None, past("复演日期", grace=True)] = None
    later_on: Day | None = None
    parts: Annotated[tuple[Part, ...], Meta(max_length=9)] = ()
    first: Part | None = None


def told(drill: Drill) -> list[tuple[str, str | None]]:
    return [(found.code, found.field) for found in impossible_days(drill, "$", PRESENT)]


def test_a_day_that_the_field_says_has_come_is_judged_at_every_depth_and_no_other_is() -> None:
    today, ahead, old = PRESENT.today, date(2026, 11, 22), date(1999, 12, 31)
    assert told(Drill(held_on=today, planned_on=date(2099, 1, 1), again_on=ahead, later_on=today)) == []
    wrong = Drill(held_on=ahead, again_on=date(2026, 11, 23), later_on=old, parts=(Part(on=today), Part(on=ahead)))
    assert told(wrong) == [
        ("day-in-future", "$.held_on"),
        ("day-in-future", "$.again_on"),
        ("date-too-early", "$.later_on"),
        ("day-in-future", "$.parts[1].on"),
    ]
    assert told(Drill(held_on=today, first=Part(on=ahead))) == [("day-in-future", "$.first.on")]


def test_a_code_of_its_own_says_what_the_general_one_does_not() -> None:
    class Told(msgspec.Struct, frozen=True):
        found_on: Annotated[date, past("发现日期", "found-in-future", grace=True)]

    (found,) = impossible_days(Told(date(2026, 11, 23)), "$", PRESENT)
    assert (found.code, found.message) == (
        "found-in-future",
        "发现日期($.found_on)：发现日期不能晚于今天（2026-11-21），宽限一天",
    )


def test_a_field_says_its_chinese_name_at_every_depth_and_one_name_is_one_word() -> None:
    said = dict(names_of(Drill))
    assert said == {
        "held_on": "演练日期",
        "again_on": "复演日期",
        "later_on": "演练日期",
        "on": "演练日期",
        "people": "参加人数",
    }
    assert with_names({"place": "地点"}, names_of(Part)) == {"place": "地点", "on": "演练日期", "people": "参加人数"}
    with pytest.raises(ValueError, match="the field on is called 日期 and 演练日期"):
        with_names({"on": "日期"}, names_of(Part))


def test_every_field_of_a_claim_has_a_chinese_name_and_every_day_in_it_is_said_to_have_come_or_to_come() -> None:
    # A sentence that has been published as it is stays so.
    nameless, ahead = {"findings"}, {"deadline_on"}
    for entry in registered():
        if entry.family is not TopicFamily.CLAIMS:
            continue
        for field in msgspec.structs.fields(entry.model):
            assert (field.encode_name in FIELD_NAMES_ZH) != (field.name in nameless), (entry.name, field.name)
            if "date" in str(field.type):
                judged = "future" in str(field.type)
                assert judged != (field.name in ahead), (entry.name, field.name)
