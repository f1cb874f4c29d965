"""What makes a duty or an occasion one that can be planned, each broken rule with its field and its words. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from duban_contracts.refusals import Refusal
from services.scheduler.duties.model.checks import check, check_days, check_occasion
from services.scheduler.duties.model.occasions import Occasion, OccasionKind
from services.scheduler.duties.model.rules import Deadline, Recurrence
from services.scheduler.tests.duties.builders import duty

TODAY = date(2024, 5, 15)


def occasion(starts_on: date, ends_on: date) -> Occasion:
    return Occasion(occasion_id="o-1", kind=OccasionKind.EVENT, name="运动会", starts_on=starts_on, ends_on=ends_on)


def told(found: list[Refusal]) -> list[tuple[str, str | None]]:
    assert not any("None" in f"{each.message}{each.rule}" for each in found)
    return [(each.code, each.field) for each in found]


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({}, []),
        ({"per": "counties"}, []),
        ({"per": "nobody"}, [("unknown-roster", "$.per")]),
        ({"valid_until": date(2024, 1, 1)}, []),
        ({"valid_until": date(2023, 12, 31)}, [("duty-ends-before-it-begins", "$.valid_until")]),
        ({"valid_from": date(1999, 12, 31)}, [("out-of-range", "$.valid_from")]),
        ({"valid_until": date(3000, 1, 1)}, [("out-of-range", "$.valid_until")]),
        ({"rule": Deadline(due_on=TODAY, opens_on=TODAY)}, []),
        (
            {"rule": Deadline(due_on=TODAY, opens_on=date(2024, 5, 16))},
            [("duty-ends-before-it-begins", "$.rule.due_on")],
        ),
        ({"rule": Deadline(due_on=date(3000, 1, 1))}, [("out-of-range", "$.rule.due_on")]),
        ({"rule": Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=1")}, []),
        ({"rule": Recurrence(rrule="FREQ=NEVER")}, [("bad-recurrence", "$.rule.rrule")]),
        ({"rule": Recurrence(rrule="FREQ=MONTHLY")}, [("bad-recurrence", "$.rule.rrule")]),
        ({"rule": Recurrence(rrule="FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1")}, [("bad-recurrence", "$.rule.rrule")]),
        ({"rule": Recurrence(rrule="FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1", since=TODAY)}, []),
        (
            {"rule": Recurrence(rrule="FREQ=MONTHLY;INTERVAL=12;BYMONTH=6;BYMONTHDAY=1", since=TODAY)},
            [("bad-recurrence", "$.rule.rrule")],
        ),
        ({"rule": Recurrence(rrule="FREQ=MONTHLY;INTERVAL=12;BYMONTH=5;BYMONTHDAY=1", since=TODAY)}, []),
        (
            {"rule": Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=1", since=date(1999, 1, 1))},
            [("out-of-range", "$.rule.since")],
        ),
    ],
)
def test_a_duty_that_cannot_be_planned_says_where_and_why(
    fields: dict[str, Any], broken: list[tuple[str, str]]
) -> None:
    assert told(list(check(duty(**fields), ["counties", "members"]))) == broken


def test_a_duty_of_a_list_says_its_place_and_which_rosters_there_are() -> None:
    [said] = check(duty(per="nobody"), ["members", "counties"], at="$.duties[3]")
    assert said.field == "$.duties[3].per"
    assert "counties, members" in f"{said.message}{said.rule}"


def test_days_that_no_plan_can_be_about_are_named_with_the_days_that_can() -> None:
    assert told(list(check_days({"$.a": date(2000, 1, 1), "$.b": date(2999, 12, 31), "$.c": None}))) == []
    found = list(check_days({"$.a": date(1999, 12, 31), "$.b": date(3000, 1, 1)}))
    assert told(found) == [("out-of-range", "$.a"), ("out-of-range", "$.b")]
    assert all("2000-01-01 至 2999-12-31" in each.message for each in found)
    assert all("within 2000-01-01 and 2999-12-31" in f"{each.rule}" for each in found)


def test_an_occasion_is_some_days_and_no_age() -> None:
    assert told(list(check_occasion(occasion(TODAY, TODAY)))) == []
    assert told(list(check_occasion(occasion(date(2024, 1, 1), date(2025, 1, 1))))) == []
    [long] = check_occasion(occasion(date(2024, 1, 1), date(2025, 1, 2)))
    assert (long.code, long.field) == ("out-of-range", "$.ends_on")
    assert "至多 366 天" in long.message
    assert "at most 366 days long" in f"{long.rule}"
    [backwards] = check_occasion(occasion(TODAY, date(2024, 5, 14)))
    assert (backwards.code, backwards.field) == ("duty-ends-before-it-begins", "$.ends_on")
    assert "2024-05-15" in f"{backwards.message}{backwards.rule}"
