"""Which reminders must have gone out: at nine on a working day, while the task was owed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from deploy.demo.year.reckoning import Due, Note, reckon
from deploy.demo.year.reminders import ReminderPolicy

PROFILE = Path(__file__).parents[2] / "profiles" / "jincheng"
POLICY = ReminderPolicy.of(PROFILE)
YEARS_END = datetime(2025, 1, 26, tzinfo=UTC)


def due(kind: str, opens_on: date, due_on: date) -> Due:
    return Due("t", "d", "2024", "140500", "water_bureau", kind, opens_on, due_on)


JUNE = due("training", date(2024, 6, 1), date(2024, 6, 30))


def local(month: int, day: int, hour: int) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


def reminded(task: Due, *notes: Note) -> list[tuple[int, str]]:
    return list(POLICY.reminders(reckon(task, notes, YEARS_END)))


def test_what_is_owed_throughout_is_reminded_once_before_and_once_after() -> None:
    assert reminded(JUNE) == [(1, "due_soon"), (1, "reminded")]


@pytest.mark.parametrize(
    ("filed", "before"),
    [
        # Three days before 30 June is Thursday the 27th.
        pytest.param(local(6, 27, 8), False, id="an hour before it"),
        pytest.param(local(6, 27, 10), True, id="an hour after it"),
    ],
)
def test_what_is_filed_before_its_reminder_is_not_reminded(filed: datetime, before: bool) -> None:  # noqa: FBT001
    assert reminded(JUNE, Note("t", "submit", filed, JUNE.due_on)) == ([(1, "due_soon")] if before else [])


def test_reminders_before_go_out_on_the_working_day_before_a_holiday() -> None:
    # Seven days before 8 October is 1 October, in the holiday; Monday 30 September is the working day before it.
    check = due("inspection", date(2024, 9, 1), date(2024, 10, 8))
    assert reminded(check, Note("t", "submit", local(9, 30, 10), check.due_on)) == [(1, "due_soon")]
    assert reminded(check, Note("t", "submit", local(9, 30, 8), check.due_on)) == []


def test_a_sunday_that_is_worked_is_a_working_day() -> None:
    # 18 February 2024, a Sunday, was worked; the day after the last one of the holiday.
    check = due("inspection", date(2024, 2, 10), date(2024, 2, 17))
    assert reminded(check, Note("t", "submit", local(2, 18, 10), check.due_on)) == [(1, "reminded")]


def test_who_gets_a_further_day_is_reminded_of_that_one_too() -> None:
    renewed = Note("t", "renew", local(7, 5, 16), date(2024, 7, 17))
    filed = Note("t", "submit", local(7, 17, 16), date(2024, 7, 17))
    assert reminded(JUNE, renewed, filed) == [(1, "due_soon"), (1, "reminded"), (2, "due_soon")]
