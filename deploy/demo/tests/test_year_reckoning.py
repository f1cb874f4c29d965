"""The year's own reckoning: what the documents ask for, and what follows from what people did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from deploy.demo.year.reckoning import CHECK, REPORT, Due, Note, Sort, asked_for, by_task, over_at, reckon

PROFILE = Path(__file__).parents[2] / "profiles" / "jincheng"
DUE = Due("t", "d", "2024", "140500", "water_bureau", "inspection", date(2024, 6, 1), date(2024, 6, 30))
YEARS_END = datetime(2025, 1, 26, tzinfo=UTC)


def local(day: int, hour: int = 10, month: int = 6) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


def note(verb: str, at: datetime, due_on: date = DUE.due_on, refused: str | None = None) -> Note:
    return Note("t", verb, at, due_on, refused)


def test_the_documents_ask_for_43_rows_seven_holidays_and_four_quarters_in_six_counties() -> None:
    asked = asked_for(PROFILE)
    rows = [due for due in asked.values() if due.duty_id.startswith("no-2024-")]
    checks = [due for due in asked.values() if due.duty_id == CHECK]
    reports = [due for due in asked.values() if due.duty_id == REPORT]
    assert (len(rows), len(checks), len(reports), len(asked)) == (43, 42, 24, 109)
    assert sum(due.due_on == date(2024, 6, 30) for due in rows) == 7
    assert {due.due_on.month for due in reports} == {3, 6, 9, 12}


def test_a_last_day_is_over_at_midnight_in_the_city() -> None:
    assert over_at(date(2024, 2, 29)) == datetime(2024, 2, 29, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("notes", "sort", "missed"),
    [
        pytest.param([], Sort.MISSING, [1], id="never"),
        pytest.param([note("submit", local(30, 23))], Sort.ON_TIME, [], id="on its last day"),
        pytest.param([note("submit", local(1, 0, 7))], Sort.LATE, [1], id="with the day after it"),
        pytest.param([note("submit", local(2, month=7)), note("accept", local(3, month=7))], Sort.LATE, [1], id="late"),
        pytest.param(
            [
                note("submit", local(30)),
                note("return", local(2, month=7), date(2024, 7, 5)),
                note("submit", local(5, month=7), date(2024, 7, 5)),
            ],
            Sort.ON_TIME,
            [],
            id="returned after its last day and filed again by the new one",
        ),
        pytest.param(
            [note("submit", local(30)), note("return", local(2, month=7), date(2024, 7, 5))],
            Sort.MISSING,
            [2],
            id="returned and given up",
        ),
        pytest.param(
            [
                note("renew", local(5, month=7), date(2024, 7, 17)),
                note("submit", local(17, month=7), date(2024, 7, 17)),
            ],
            Sort.LATE,
            [1],
            id="made up for by the new day stays late",
        ),
        pytest.param([note("renew", local(5, month=7), date(2024, 7, 17))], Sort.MISSING, [1, 2], id="missed twice"),
        pytest.param([note("waive", local(15))], Sort.WAIVED, [], id="waived"),
        pytest.param([note("cancel", local(2, month=7))], Sort.CANCELLED, [1], id="cancelled when it was late"),
    ],
)
def test_what_becomes_of_a_task_follows_from_what_was_done(notes: list[Note], sort: Sort, missed: list[int]) -> None:
    reckoned = reckon(DUE, notes, YEARS_END)
    assert (reckoned.sort, reckoned.missed, reckoned.late) == (sort, missed, bool(missed))
    assert reckoned.said["overdue"] == len(missed)


def test_what_is_ahead_is_open_and_said_to_nobody_before_its_first_day() -> None:
    ahead = reckon(DUE, [], local(31, month=5))
    assert (ahead.sort, ahead.missed, ahead.said) == (Sort.OPEN, [], {})


def test_what_was_refused_changed_nothing() -> None:
    assert by_task([note("accept", local(30), refused="task-state-conflict")]) == {}
