"""What a request says of waiting and of what it knows, and what the answer says of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.tests.web.board import wish_of
from services.chassis.web.conditional import parse_if_none_match
from services.chassis.web.waiting import LONGEST_WAIT, preferred_wait

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("wait=10", 10),
        ("respond-async, WAIT=7", 7),
        ('wait="3"; foo=1', 3),
        ("wait=5, wait=9", 5),
        ("wait = 4", 4),
        ("wait=86400", LONGEST_WAIT),
        ("wait=999999999999", 0),
        ("wait=-1", 0),
        ("wait", 0),
        ("wait=soon", 0),
        ("await=3", 0),
    ],
)
def test_prefer_is_read_and_bounded_and_what_it_gets_wrong_is_ignored(header: str | None, seconds: int) -> None:
    assert preferred_wait(header) == seconds


def test_the_answer_says_what_was_heard() -> None:
    assert wish_of(9).applied == {"Vary": "Prefer", "Preference-Applied": "wait=9"}
    assert wish_of(0).applied == {"Vary": "Prefer"}


@given(st.lists(st.integers(1, 99), max_size=4), st.integers(1, 99), st.sampled_from(["", "W/"]))
def test_a_reader_knows_the_versions_that_it_names_and_no_other(named: list[int], asked: int, mark: str) -> None:
    known = parse_if_none_match(", ".join(f'{mark}"{number}"' for number in named))
    assert known.holds(f'"{asked}"') == (asked in named)
    assert bool(known) == bool(named)


@given(st.text(max_size=40))
def test_what_is_no_tag_is_not_known(header: str) -> None:
    assert not parse_if_none_match(header.replace('"', "").replace("*", "")).holds('"1"')
    assert parse_if_none_match("*").holds('"1"')
