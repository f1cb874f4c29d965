"""The audit of what is owed beside hazards finds an alarm said twice, and a letter that is missing or one too many."""

from __future__ import annotations

import pytest

from deploy.demo.audit.followed import compared

pytestmark = [pytest.mark.feature("SY43"), pytest.mark.promise("P9")]

MEASURE, LISTING = ("accident_measure", "a/1"), ("listing", "h/1")
RAISED = {(*MEASURE, 1): {"e-1"}, (*LISTING, 1): {"e-2"}}
LETTERS = {MEASURE: 1, LISTING: 1}


def test_one_alarm_and_one_letter_for_each_is_fine() -> None:
    assert compared(RAISED, LETTERS) == []


@pytest.mark.parametrize(
    ("raised", "letters", "wrong"),
    [
        (RAISED | {(*LISTING, 1): {"e-2", "e-3"}}, LETTERS, "listing h/1 督办 2 次"),
        (RAISED, {MEASURE: 1}, "listing h/1 逾期 1 次，函 0 封"),
        (RAISED, LETTERS | {LISTING: 2}, "listing h/1 逾期 1 次，函 2 封"),
        (RAISED, LETTERS | {("look_back", "h/1"): 1}, "look_back h/1 逾期 0 次，函 1 封"),
        ({(*LISTING, 1): {"e-2"}}, {LISTING: 1}, "逾期的事故整改措施没有督办"),
    ],
)
def test_what_was_said_otherwise_than_once_is_found(
    raised: dict[tuple[str, str, int], set[str]], letters: dict[tuple[str, str], int], wrong: str
) -> None:
    assert compared(raised, letters) == [wrong]
