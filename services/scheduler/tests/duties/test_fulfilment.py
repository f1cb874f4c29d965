"""Periods met, open and missed (SY03)."""

from __future__ import annotations

from datetime import date

import pytest

from services.scheduler.duties.model.fulfilment import Asked, PeriodState, fulfilments

Q1, Q2 = date(2024, 3, 31), date(2024, 6, 30)


@pytest.mark.feature("SY03")
def test_once_a_quarter_done_only_in_january_is_missed_for_the_second_quarter_on_the_first_of_july() -> None:
    asked = [Asked("2024-Q1", Q1, date(2024, 1, 20)), Asked("2024-Q2", Q2, None)]
    [first, second] = fulfilments(asked, date(2024, 7, 1))
    assert (first.standing, first.done, first.missing) == (PeriodState.MET, 1, 0)
    assert (second.standing, second.done, second.missing) == (PeriodState.MISSED, 0, 1)


def test_on_the_last_day_itself_a_period_is_still_open() -> None:
    [only] = fulfilments([Asked("2024-Q2", Q2, None)], Q2)
    assert only.standing is PeriodState.OPEN


def test_what_was_done_late_fills_the_period_and_says_so() -> None:
    [only] = fulfilments([Asked("2024-Q2", Q2, date(2024, 7, 3))], date(2024, 7, 5))
    assert (only.standing, only.done_late) == (PeriodState.MET, 1)
    [before] = fulfilments([Asked("2024-Q2", Q2, date(2024, 7, 3))], date(2024, 7, 2))
    assert before.standing is PeriodState.MISSED


def test_what_is_done_on_the_last_day_is_in_time_and_tomorrow_counts_for_nothing_yet() -> None:
    [only] = fulfilments([Asked("2024-Q2", Q2, Q2), Asked("2024-Q2", Q2, None, required=False)], Q2)
    assert (only.required, only.done, only.done_late, only.standing) == (1, 1, 0, PeriodState.MET)
    [ahead] = fulfilments([Asked("2024-Q2", Q2, date(2024, 7, 1))], Q2)
    assert (ahead.done, ahead.standing) == (0, PeriodState.OPEN)


def test_four_a_year_is_missed_by_what_is_lacking_of_four() -> None:
    year = date(2024, 12, 31)
    done = [date(2024, 1, 5), date(2024, 1, 6), date(2024, 2, 1), None]
    [only] = fulfilments([Asked("2024", year, day) for day in done], date(2025, 1, 1))
    assert (only.required, only.done, only.missing, only.standing) == (4, 3, 1, PeriodState.MISSED)


def test_what_was_waived_is_not_required() -> None:
    [only] = fulfilments([Asked("2024-Q2", Q2, None, required=False)], date(2024, 7, 1))
    assert (only.required, only.standing) == (0, PeriodState.MET)
