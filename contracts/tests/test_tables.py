from __future__ import annotations

import pytest

from contracts.tests.tables import each


def test_every_case_that_fails_is_named_and_none_ends_the_others() -> None:
    tried: list[int] = []

    def check(case: int) -> None:
        tried.append(case)
        assert case % 2
        assert 1 / (case - 3)

    with pytest.raises(ExceptionGroup, match="3 of 5 cases: no 2, no 3, no 4") as failed:
        each([1, 2, 3, 4, 5], check, name=lambda case: f"no {case}")
    assert tried == [1, 2, 3, 4, 5]
    assert [type(error) for error in failed.value.exceptions] == [AssertionError, ZeroDivisionError, AssertionError]


def test_a_table_without_a_case_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="no case"):
        each([], str)
