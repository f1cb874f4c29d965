"""Whose a row is: each question says by its name what no code means."""

from __future__ import annotations

import pytest

from services.chassis.access.belonging import is_of, is_of_or_above, is_same_place

pytestmark = pytest.mark.feature("SY65")


@pytest.mark.parametrize(
    ("mine", "theirs", "answers"),
    [
        ("a", "a", (True, True, True)),
        ("a", "b", (False, False, False)),
        ("a", None, (False, False, False)),
        (None, "a", (False, True, False)),
        (None, None, (False, True, True)),
    ],
)
def test_what_an_account_without_a_code_is_depends_on_what_is_asked(
    mine: str | None, theirs: str | None, answers: tuple[bool, bool, bool]
) -> None:
    assert (is_of(mine, theirs), is_of_or_above(mine, theirs), is_same_place(mine, theirs)) == answers


def test_one_of_several_is_enough_and_of_none_nobody_is() -> None:
    assert is_of("b", "a", "b")
    assert not is_of("a")
    assert not is_of(None, "a", None)
