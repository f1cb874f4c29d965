"""What may be entered of a plant and of a check; pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from services.scheduler.selfchecks.model import CheckFindings, CheckLevel, PlantLayout, PlantPart
from services.scheduler.selfchecks.moves import broken_check, broken_layout

START = date(2024, 1, 1)
TODAY = date(2024, 5, 15)
TEAM = PlantPart(code="team-1", name="一班", level="day", since=START, until=date(2024, 5, 1))
WORKSHOP = PlantPart(code="shop-1", name="一车间", level="week", since=START)
PLANT = PlantLayout(name="一厂", since=START, parts=(TEAM, WORKSHOP))


def parts(*changed: PlantPart) -> PlantLayout:
    return msgspec.structs.replace(PLANT, parts=changed)


def codes(laid: PlantLayout, before: PlantLayout | None = None) -> list[str]:
    return [each.code for each in broken_layout(laid, before, date(2020, 1, 1))]


def test_a_part_is_given_up_by_its_last_day_and_never_taken_out() -> None:
    ended = msgspec.structs.replace(WORKSHOP, until=TODAY)
    further = PlantPart(code="team-3", name="三班", level="day", since=TODAY)
    assert codes(parts(TEAM, ended, further), PLANT) == []
    assert codes(parts(TEAM), PLANT) == ["selfcheck-part-fixed"]
    moved = msgspec.structs.replace(WORKSHOP, since=TODAY)
    assert codes(parts(TEAM, moved), PLANT) == ["selfcheck-part-fixed"]
    assert codes(msgspec.structs.replace(PLANT, since=TODAY), PLANT) == ["selfcheck-part-fixed"]


def test_a_layout_that_cannot_be_is_refused() -> None:
    assert codes(parts(TEAM, TEAM)) == ["selfcheck-part-twice"]
    backwards = msgspec.structs.replace(WORKSHOP, until=START - timedelta(days=1))
    assert codes(parts(backwards)) == ["duty-ends-before-it-begins"]
    assert codes(msgspec.structs.replace(PLANT, since=date(1999, 1, 1))) == ["date-too-early"]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ({"level": CheckLevel.WEEK, "part": "shop-1", "held_on": TODAY}, None),
        ({"level": CheckLevel.MONTH, "held_on": TODAY}, None),
        ({"level": CheckLevel.DAY, "part": "team-1", "held_on": START, "no_work": True}, None),
        ({"level": CheckLevel.MONTH, "held_on": TODAY + timedelta(days=1)}, "selfcheck-ahead"),
        ({"level": CheckLevel.MONTH, "part": "shop-1", "held_on": TODAY}, "selfcheck-part-unknown"),
        ({"level": CheckLevel.DAY, "part": "shop-1", "held_on": TODAY}, "selfcheck-part-unknown"),
        ({"level": CheckLevel.DAY, "part": "team-1", "held_on": TODAY}, "selfcheck-part-unknown"),
        ({"level": CheckLevel.MONTH, "held_on": START - timedelta(days=1)}, "selfcheck-part-unknown"),
        ({"level": CheckLevel.MONTH, "held_on": TODAY, "hazards": 1, "major": 2}, "out-of-range"),
        ({"level": CheckLevel.MONTH, "held_on": TODAY, "no_work": True}, "selfcheck-no-work"),
    ],
)
def test_a_check_is_of_a_part_that_was_there_and_of_no_day_ahead(found: dict[str, Any], code: str | None) -> None:
    said = [each.code for each in broken_check(CheckFindings(**found), PLANT, TODAY)]
    assert said == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("found", "field", "words"),
    [
        ({"level": CheckLevel.MONTH, "held_on": TODAY + timedelta(days=1)}, "$.held_on", "2024-05-15"),
        ({"level": CheckLevel.WEEK, "part": "team-1", "held_on": TODAY}, "$.part", "shop-1"),
        ({"level": CheckLevel.DAY, "part": "shop-1", "held_on": TODAY}, "$.part", "-"),
        ({"level": CheckLevel.MONTH, "held_on": TODAY, "hazards": 1, "major": 2}, "$.major", "不大于1"),
        ({"level": CheckLevel.MONTH, "held_on": TODAY, "no_work": True}, "$.no_work", ""),
    ],
)
def test_what_is_wrong_with_a_check_names_its_field_and_what_would_be_right(
    found: dict[str, Any], field: str, words: str
) -> None:
    [said] = broken_check(CheckFindings(**found), PLANT, TODAY)
    assert said.field == field
    assert words in f"{said.message}{said.rule}"
    assert "None" not in f"{said.message}{said.rule}"


def test_who_names_no_part_that_was_there_is_told_all_that_were() -> None:
    further = [msgspec.structs.replace(WORKSHOP, code=code) for code in ("shop-3", "shop-2")]
    [said] = broken_check(
        CheckFindings(level=CheckLevel.WEEK, part="team-1", held_on=TODAY), parts(TEAM, WORKSHOP, *further), TODAY
    )
    assert "：shop-1, shop-2, shop-3；" in said.message
    assert "(shop-1, shop-2, shop-3)" in f"{said.rule}"


def test_as_many_major_hazards_as_there_are_may_have_been_found_but_none_on_a_day_without_work() -> None:
    whole = CheckFindings(level=CheckLevel.MONTH, held_on=TODAY, hazards=2, major=2)
    assert list(broken_check(whole, PLANT, TODAY)) == []
    idle = CheckFindings(level=CheckLevel.DAY, part="team-1", held_on=START, no_work=True, hazards=1)
    assert [each.code for each in broken_check(idle, PLANT, TODAY)] == ["selfcheck-no-work"]


def test_what_is_wrong_with_a_layout_names_the_part() -> None:
    backwards = msgspec.structs.replace(WORKSHOP, until=START - timedelta(days=1))
    for laid, before, field in (
        (parts(TEAM, WORKSHOP, TEAM), None, "$.parts[2].code"),
        (parts(TEAM, backwards), None, "$.parts[1].until"),
        (parts(TEAM), PLANT, "$.parts"),
        (msgspec.structs.replace(PLANT, since=date(1999, 1, 1)), None, "$.since"),
    ):
        [said] = broken_layout(laid, before, date(2020, 1, 1))
        assert said.field == field
        assert "None" not in f"{said.message}{said.rule}"
