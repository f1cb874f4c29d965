"""The city profile's calendar.json and policy.json: what they may hold, and what is said when they can't be used."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from duban_contracts.deadlines.calendar import Roll, load_days, load_policy
from duban_contracts.events.types import Grade
from duban_contracts.profile import ProfileError
from duban_contracts.testing.calendar import ZONE
from services.scheduler.calendar.__main__ import main, seed
from services.scheduler.calendar.handlers import fingerprint
from services.scheduler.clocks.model.policy import policy_of
from services.scheduler.tests.bench import PROFILE


def written(folder: Path, *, calendar: dict[str, Any] | None = None, policy: dict[str, Any] | None = None) -> Path:
    """Write a profile whose files differ from good ones in these fields."""
    days: dict[str, Any] = {"source": "", "years": [2026], "holidays": {}, "workdays": {}}
    reminders = {"time": "09:00", "days_before": {"general": [1]}}
    (folder / "calendar.json").write_text(json.dumps(days | (calendar or {})))
    (folder / "policy.json").write_text(json.dumps({"reminders": reminders} | (policy or {})))
    return folder


def test_the_committed_calendar_is_what_the_seed_prints(capsys: pytest.CaptureFixture[str]) -> None:
    committed = (PROFILE / "calendar.json").read_text(encoding="utf-8")
    assert main(["2024", "2026"]) == 0
    assert capsys.readouterr().out == committed
    assert json.loads(committed) == seed(2024, 2026)


def test_the_seed_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["2024"]) == 2
    assert "FIRST_YEAR LAST_YEAR" in capsys.readouterr().err


def test_a_year_that_the_notices_do_not_cover_cannot_be_seeded() -> None:
    with pytest.raises(NotImplementedError):
        seed(2026, 2199)


def test_a_policy_names_its_roll_and_its_reminders_by_grade(tmp_path: Path) -> None:
    reminders = {"time": "08:30", "days_before": {"general": [3, 1], "major": [7]}}
    folder = written(tmp_path, policy={"roll": "next_workday", "reminders": reminders})
    policy = policy_of(load_days(folder, ZONE), load_policy(folder).reminders)
    assert policy.days.roll is Roll.NEXT_WORKDAY
    assert policy.reminder_time == time(8, 30)
    assert policy.reminder_days == {Grade.GENERAL: (3, 1), Grade.MAJOR: (7,)}
    assert load_days(written(tmp_path), ZONE).roll is Roll.NONE


@pytest.mark.parametrize(
    "reminders",
    [
        {"time": "24:00", "days_before": {}},
        {"time": "9:00", "days_before": {}},
        {"time": "09:00", "days_before": {"general": [-1]}},
        {"time": "09:00", "days_before": {"general": [366]}},
        {"time": "09:00", "days_before": {"huge": [1]}},
        {"time": "09:00", "days_before": {}, "weekends": True},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(tmp_path: Path, reminders: dict[str, Any]) -> None:
    with pytest.raises(ProfileError, match=r"policy\.json: .*\$\.reminders"):
        load_policy(written(tmp_path, policy={"reminders": reminders}))


def test_an_unusable_profile_names_the_file_and_the_fault(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"policy\.json: \$: the file is missing"):
        load_policy(tmp_path)
    with pytest.raises(ProfileError, match=r"calendar\.json: .*\$\.holidays"):
        load_days(written(tmp_path, calendar={"holidays": {"x": ""}}), ZONE)
    with pytest.raises(ProfileError, match=r"calendar\.json: \$: 2025-05-01 is entered, but 2025"):
        load_days(written(tmp_path, calendar={"holidays": {"2025-05-01": "劳动节"}}), ZONE)


def test_the_fingerprint_changes_with_either_file(tmp_path: Path) -> None:
    before = fingerprint(written(tmp_path))
    assert fingerprint(written(tmp_path)) == before
    assert fingerprint(written(tmp_path, policy={"roll": "none"})) != before
    assert fingerprint(written(tmp_path, calendar={"source": "x"})) != before
