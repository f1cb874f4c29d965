"""contacts.json: who gets letters, and that a wrong file stops the start and names the field."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import iter_modules

import pytest

from duban_contracts.profile import ProfileError
from duban_contracts.vocabulary import DELIVERY_CHANNELS
from services.chassis.process.clock import SystemClock
from services.notifications.bootstrap import CHANNELS
from services.notifications.channels.handlers.opening import open_channels
from services.notifications.channels.model.channel import AnyChannel
from services.notifications.delivery.wire import schedule_of
from services.notifications.directory.handlers import read_contacts
from services.notifications.directory.model import Directory, Office
from services.notifications.letters.wire import check_forms
from services.notifications.tests.world import PROFILE

FOLDER = Path(__file__).parents[2] / "channels"
OFFICE = "county_safety_committee"


def wrong_field(directory: Path, old: str, new: str, channels: tuple[AnyChannel, ...] = CHANNELS) -> str:
    """Start with contacts.json changed in one place; return the field that is complained of."""
    text = (PROFILE / "contacts.json").read_text(encoding="utf-8")
    assert old in text
    (directory / "contacts.json").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProfileError) as wrong:
        start(directory, channels)
    assert wrong.value.file == directory / "contacts.json"
    return wrong.value.field


def start(directory: Path, channels: tuple[AnyChannel, ...] = CHANNELS) -> None:
    contacts = read_contacts(directory)
    check_forms(directory, contacts)
    schedule_of(directory, contacts)
    open_channels(channels, contacts, directory, SystemClock())


def test_the_example_citys_contacts_can_be_used() -> None:
    start(PROFILE)


def test_a_profile_without_a_form_for_corrections_can_be_used(tmp_path: Path) -> None:
    text = (PROFILE / "contacts.json").read_text(encoding="utf-8")
    form = re.search(r',\s*"correction": \{[^}]*\}', text)
    assert form is not None
    (tmp_path / "contacts.json").write_text(text.replace(form[0], ""), encoding="utf-8")
    start(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"yingji@140502.example"', '"yingji@140502.example\\nBcc: x@y.example"', "$.offices[1].addresses.email"),
        ('"yingji@140502.example"', '"yingji@140502.example, x@y.example"', "$.offices[1].addresses.email"),
        ('"unit": "fire_rescue"', '"unit": "fire_brigade"', "$.offices[2].unit"),
        ('"email": "xiaofang@', '"pigeon": "xiaofang@', "$.offices[2].addresses"),
        ('"county": "140502"', '"county": "14050"', "$.offices[0].county"),
        ('"unit": "emergency_management"', f'"unit": "{OFFICE}"', "$.offices"),
        ('"committee_office": "county_safety_committee"', '"committee_office": "the_office"', "$.committee_office"),
        ('"晋市安委办提"', '"晋市安委办督"', "$.letters"),
        ('"prompt":', '"promt":', "$.letters"),
        ('["email"]}', '["pigeon"]}', "$.letters.prompt.channels"),
        ('["email"]}', '["email", "email"]}', "$.letters.prompt.channels"),
        ('["email"]}', "[]}", "$.letters[...].channels"),
        ('"allowed_networks": []', '"allowed_networks": ["10.0.0.1/8"]', "$.destinations.allowed_networks"),
        ('"jitter": 0.2', '"jitter": 2', "$.retries"),
        ('"allow_loopback"', '"allow_lookback"', "$.destinations"),
    ],
)
def test_a_wrong_contacts_file_stops_the_start_and_names_the_field(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    assert wrong_field(tmp_path, old, new) == field


def test_each_channel_is_a_file_a_term_that_the_contract_publishes_and_a_line_of_the_readme() -> None:
    terms = [term.code for term in DELIVERY_CHANNELS]
    assert [channel.code for channel in CHANNELS] == terms
    files = [module.name for module in iter_modules([str(FOLDER)]) if not module.ispkg]
    assert sorted(files) == sorted(terms)
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert [term.code for term in DELIVERY_CHANNELS if f"\n| `{term.code}` {term.name} |" in readme] == terms


def test_a_contacts_file_of_release_0_1_0_is_refused_by_its_first_old_field(tmp_path: Path) -> None:
    with_signs = '"signs": {"urging": "晋市安委办督"}, "committee_office"'
    assert wrong_field(tmp_path, '"committee_office"', with_signs) == "$"


def test_an_address_of_a_channel_that_this_installation_lacks_stops_the_start(tmp_path: Path) -> None:
    assert wrong_field(tmp_path, "晋城市城区消防", "城区消防", CHANNELS[:1]) == "$.offices"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"晋市安委办提"', '"晋市安委办督"', "two kinds can't share a sign: their numbers would collide"),
        ('["email"]}', '["email", "email"]}', "names a channel twice"),
        ('["email"]}', '["pigeon"]}', "pigeon is no code of the vocabulary 送达渠道"),
        ('"unit": "emergency_management"', f'"unit": "{OFFICE}"', f"('140502', '{OFFICE}') appears twice"),
    ],
)
def test_what_is_wrong_is_said_as_a_rule(tmp_path: Path, old: str, new: str, rule: str) -> None:
    text = (PROFILE / "contacts.json").read_text(encoding="utf-8")
    (tmp_path / "contacts.json").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProfileError) as wrong:
        read_contacts(tmp_path)
    assert wrong.value.rule == rule


def test_a_profile_without_contacts_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"contacts\.json: \$: the file is missing"):
        read_contacts(tmp_path)


def test_an_unknown_unit_falls_back_to_the_countys_committee_office() -> None:
    office = Office(county="140502", unit=OFFICE, name="城区安委办", addresses={"email": "a@x.example"})
    directory = Directory([office], committee_office=OFFICE)
    assert directory.addressee("140502", "fire_rescue") is office
    assert directory.addressee("140502", None) is office
    assert directory.addressee("140521", "fire_rescue") is None
    assert directory.committee_office == OFFICE


def test_where_the_committee_has_no_office_the_emergency_bureau_that_hosts_it_stands_in() -> None:
    host = Office(county="140500", unit="emergency_management", name="晋城市应急管理局")
    directory = Directory([host], committee_office=OFFICE)
    assert [directory.addressee("140500", unit) for unit in ("education_bureau", OFFICE, None)] == [host] * 3


def test_every_department_of_a_county_has_somebody_at_the_city_who_gets_its_letters() -> None:
    contacts = read_contacts(PROFILE)
    directory = Directory.of(contacts)
    units = {office.unit for office in contacts.offices}
    assert {unit for unit in units if directory.addressee("140500", unit) is None} == set()


def test_a_known_unit_gets_its_own_letters_and_its_endpoint_is_named_after_it() -> None:
    office = Office(county="140502", unit=OFFICE, name="城区安委办")
    unit = Office(county="140502", unit="fire_rescue", name="消防")
    assert Directory([office, unit], committee_office=OFFICE).addressee("140502", "fire_rescue") is unit
    assert unit.endpoint == "140502/fire_rescue"


def test_offices_are_found_by_the_channel_that_reaches_them() -> None:
    contacts = read_contacts(PROFILE)
    assert Directory.of(contacts).committee_office == contacts.committee_office == OFFICE
    reached = list(contacts.addresses("webhook"))
    assert (0, "{webhook_base}/hooks/140502/county_safety_committee") in reached
    assert all(address.startswith("{webhook_base}/") for _, address in reached)
    assert len(reached) < len(contacts.offices) == len(list(contacts.addresses("email")))
