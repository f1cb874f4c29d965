"""Whose account a person has by the profile's `people.json`, which changes while services run."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog

from duban_contracts.profile import City, ProfileError
from services.chassis.access.principal import Principal
from services.chassis.access.signin import people as signing_in
from services.chassis.access.signin.people import FILE, Directory, load_people
from services.chassis.access.signin.refusals import TokenRefused
from services.chassis.telemetry import metrics
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.access.city import CITY
from services.chassis.tests.access.signin.issuing import NOW


def people() -> list[dict[str, Any]]:
    return [
        {"subject": "6f1c", "account": "regulator-1", "role": "county_regulator", "area": "140502"},
        {"subject": "77aa", "account": "office-1", "role": "city_office", "area": "140500", "sectors": ["coal_mine"]},
    ]


def write(directory: Path, given: Any) -> None:
    fresh = directory / "fresh"
    fresh.write_text(json.dumps(given), encoding="utf-8")
    fresh.replace(directory / FILE)


@pytest.mark.feature("SY65")
def test_a_directory_says_whose_account_a_subject_has(tmp_path: Path) -> None:
    write(tmp_path, people())
    directory = Directory(tmp_path, CITY, ManualClock(NOW))
    assert directory.principal("6f1c") == Principal("regulator-1", "county_regulator", "140502")
    assert directory.principal("77aa") == Principal("office-1", "city_office", "140500", sectors=("coal_mine",))
    with pytest.raises(TokenRefused) as caught:
        directory.principal("nobody")
    assert caught.value.code == "token-account-unknown"


def test_whoever_leaves_the_directory_is_out_at_once(tmp_path: Path) -> None:
    write(tmp_path, people())
    directory = Directory(tmp_path, CITY, ManualClock(NOW))
    write(tmp_path, people()[1:])
    with pytest.raises(TokenRefused):
        directory.principal("6f1c")
    assert directory.principal("77aa").account == "office-1"


def test_a_directory_that_becomes_wrong_is_logged_and_the_last_good_one_holds(tmp_path: Path) -> None:
    write(tmp_path, people())
    directory = Directory(tmp_path, CITY, ManualClock(NOW))
    for broken in (people()[:1] * 2, "not a list"):
        write(tmp_path, broken)
        with structlog.testing.capture_logs() as lines:
            assert directory.principal("6f1c").account == "regulator-1"
            assert directory.principal("77aa").account == "office-1"
        assert [line["event"] for line in lines] == ["people can't be read again"], "once, not with each token"
    (tmp_path / FILE).unlink()
    assert directory.principal("6f1c").account == "regulator-1"


def unread_since() -> float:
    [metric] = metrics.SIGN_IN_PEOPLE_UNREAD.collect()
    [sample] = metric.samples
    return sample.value


def test_whoever_left_is_out_as_soon_as_the_file_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights that are given back change neither the file's inode nor its time nor its size."""
    write(tmp_path, people())
    clock = ManualClock(NOW)
    directory = Directory(tmp_path, CITY, clock)
    write(tmp_path, people()[1:])
    with monkeypatch.context() as patch, structlog.testing.capture_logs() as lines:
        patch.setattr(signing_in, "load_people", forbidden)
        for _ in range(2):
            assert directory.principal("6f1c").account == "regulator-1"
            assert unread_since() == NOW.timestamp()
            clock.advance(timedelta(minutes=1))
    assert len(lines) == 1, "once, not with each token"
    with pytest.raises(TokenRefused):
        directory.principal("6f1c")
    assert unread_since() == 0


def forbidden(path: Path, _: City) -> NoReturn:
    raise PermissionError(13, "Permission denied", str(path))


def test_it_is_told_since_when_the_directory_is_wrong_until_it_is_mended_or_put_back(tmp_path: Path) -> None:
    write(tmp_path, people())
    clock = ManualClock(NOW)
    directory = Directory(tmp_path, CITY, clock)
    assert directory.principal("6f1c")
    assert unread_since() == 0
    kept = tmp_path / "kept"
    (tmp_path / FILE).rename(kept)
    for broken in ("not a list", "nor this"):
        write(tmp_path, broken)
        assert directory.principal("6f1c")
        assert unread_since() == NOW.timestamp()
        clock.advance(timedelta(minutes=1))
    kept.replace(tmp_path / FILE)
    assert directory.principal("6f1c")
    assert unread_since() == 0


def test_what_is_written_while_the_directory_is_read_is_not_taken_for_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, people())

    def overtaken(path: Path, city: City) -> Any:
        found = load_people(path, city)
        write(tmp_path, people()[1:])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(signing_in, "load_people", overtaken)
        directory = Directory(tmp_path, CITY, ManualClock(NOW))
    with pytest.raises(TokenRefused):
        directory.principal("6f1c")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda given: given.append(given[0] | {"account": "other"}), "$[2].subject"),
        (lambda given: given.append(given[0] | {"subject": "other"}), "$[2].account"),
        (lambda given: given[0].pop("subject"), "$[0]"),
        (lambda given: given[0].update(subject=""), "$[0].subject"),
        (lambda given: given[0].update(role="integrator"), "$[0].role"),
        (lambda given: given[0].update(area="140500"), "$[0].area"),
        (lambda given: given[0].update(name="张三"), "$[0]"),
    ],
)
def test_a_wrong_directory_is_refused_by_file_and_field(tmp_path: Path, change: Any, field: str) -> None:
    given = people()
    change(given)
    write(tmp_path, given)
    with pytest.raises(ProfileError) as caught:
        load_people(tmp_path / FILE, CITY)
    assert (caught.value.field, caught.value.file.name) == (field, FILE)
