"""The generated profile is one that every reader of profiles takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.profiles.generate import EXAMPLE, generate, main
from duban_contracts import uscc
from duban_contracts.kafka_users import city_users, load_quotas
from duban_contracts.profile import load_city
from services.chassis.access.accounts import load_accounts
from services.notifications.directory.handlers import read_contacts
from services.scheduler.imports.handlers import load_phrases
from services.scheduler.rosters.handlers import load_rosters


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(300, tmp_path_factory.mktemp("profiles") / "300")


def test_three_hundred_counties_are_read_with_their_accounts_offices_rosters_and_users(profile: Path) -> None:
    city = load_city(profile)
    codes = {county.code for county in city.counties}
    assert len(codes) == 300
    assert {account.area for account in load_accounts(profile, city)} == codes | {city.code}
    assert {office.county for office in read_contacts(profile).offices} == codes | {city.code}
    load_phrases(profile, load_rosters(profile, city))
    assert len(city_users(sorted(codes), "", load_quotas(profile, sorted(codes)))) > 300


def test_nothing_of_it_is_a_real_place_or_an_enterprise_that_exists(profile: Path) -> None:
    city = load_city(profile)
    assert all(region.code.startswith("99") for region in city.regions)
    assert all(each.invented and uscc.is_valid(each.uscc) and "XXXX" in each.uscc for each in city.enterprises)
    example = load_city(EXAMPLE)
    for name in ("city", "accounts", "contacts"):
        text = (profile / f"{name}.json").read_text(encoding="utf-8")
        assert not [region.code for region in example.regions if region.code in text]


def test_the_same_number_gives_the_same_bytes_and_replaces_what_was_made_before(tmp_path: Path) -> None:
    assert main(["--counties", "12", str(tmp_path / "made")]) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "made").glob("*.json")}
    generate(12, tmp_path / "made")
    assert {path.name: path.read_bytes() for path in (tmp_path / "made").glob("*.json")} == before


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept").touch()
    assert main(["--counties", "2", str(tmp_path)]) == 1
    assert "something else" in capsys.readouterr().err
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("counties", [0, 1000])
def test_a_city_has_counties_and_no_more_than_codes_can_name(counties: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 to 999"):
        generate(counties, tmp_path / "made")
