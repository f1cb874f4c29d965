"""任务办理 as a claim: closed like every other, and its form's values are ones that anybody can keep."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.tests.strategies import json_values
from duban_contracts.admissible.dates import Present
from duban_contracts.admissible.texts import fits_line, fits_lines
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode, lookup
from duban_contracts.days import Zone
from duban_contracts.events.claims import TaskReported
from duban_contracts.examples import example_event, examples
from duban_contracts.validation import check_claim

pytestmark = pytest.mark.feature("SY64")
KIND = "duban.task.reported.v1"
PRESENT = Present.at(datetime(2026, 11, 21, 4, tzinfo=UTC), Zone("Asia/Shanghai"))


def filing(**changed: Any) -> CloudEvent:
    return example_event(lookup(KIND), examples()[KIND] | changed)


def faults(**changed: Any) -> list[tuple[str, str | None]]:
    return [(found.code, found.field) for found in check_claim(filing(**changed), "140502", PRESENT)]


def test_the_example_is_taken_and_holds_what_it_says() -> None:
    assert faults() == []
    data = decode(filing())
    assert isinstance(data, TaskReported)
    assert (data.reference, data.form) == ("RW2026-7GQ2M9XC4A", {"enterprises": 46, "found": 46, "major": 0})


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"reference": "RW2026/1"}, "wrong-format", "$.reference"),
        ({"reference": "RW2026-1\n"}, "control-character", "$.reference"),
        ({"unit": "nobody"}, "unknown-term", "$.unit"),
        ({"county": "140521"}, "county-mismatch", "$.county"),
        ({"filed_on": "2026-11-22"}, "filed-in-future", "$.filed_on"),
        ({"filed_on": "1901-01-01"}, "date-too-early", "$.filed_on"),
        ({"summary": "\u3000"}, "blank-text", "$.summary"),
        ({"figures": {"Checks": 1}}, "wrong-format", "$.figures.Checks"),
        ({"figures": {"checks": "46"}}, "wrong-type", "$.figures.checks"),
        ({"form": [1]}, "wrong-type", "$.form"),
        ({"form": {"site": {"name": "a\u0000"}}}, "control-character", "$.form.site.name"),
        ({"form": {"a\u0001": 1}}, "control-character", "$.form"),
        ({"form": {"areas": ["a", 2**53]}}, "out-of-range", "$.form.areas[1]"),
        ({"task_id": "x"}, "unknown-field", "$.task_id"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], code: str, field: str) -> None:
    assert faults(**changed) == [(code, field)]


def test_a_form_is_as_deep_as_any_citys_and_no_deeper() -> None:
    deep: Any = 1
    for _ in range(15):
        deep = [deep]
    assert faults(form={"deep": deep}) == []
    assert [code for code, _ in faults(form={"deep": [deep]})] == ["out-of-range"]


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4))
def test_a_form_is_taken_exactly_when_all_of_it_can_be_kept(form: dict[str, Any]) -> None:
    assert (faults(form=form) == []) == keeps(msgspec.json.decode(msgspec.json.encode(form)))


def keeps(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return fits_lines(value)
    if isinstance(value, dict | list) and depth == 16:
        return False
    if isinstance(value, dict):
        return all(fits_line(name) and keeps(item, depth + 1) for name, item in value.items())
    if isinstance(value, list):
        return all(keeps(item, depth + 1) for item in value)
    return not isinstance(value, int) or abs(value) < 2**53
