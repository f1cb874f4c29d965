from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from duban_contracts.events.notices import DeliveryChannel
from duban_contracts.profile import ProfileError, load_city
from services.notifications.adapters import contacts_file
from services.notifications.adapters.templates import TemplateStationery
from services.notifications.domain.contacts import Directory, Office, routes
from services.notifications.domain.delivery import DeliveryState
from services.notifications.domain.letters import (
    Cause,
    LetterKind,
    LetterState,
    cause_of,
    days_late,
    inline,
    letter_state,
)
from services.notifications.domain.records import Wording
from services.notifications.domain.wording import facts_of
from services.notifications.tests.world import PROFILE, due_soon, overdue

NOW = datetime(2026, 3, 7, 16, 30, tzinfo=UTC)  # 8 March in Shanghai


@pytest.mark.parametrize("kind", list(LetterKind))
@given(text=st.text(max_size=60))
def test_a_countys_text_is_printed_and_never_run_as_a_template(kind: LetterKind, text: str) -> None:
    body = written(kind, "{{ 7*7 }}{% raw %}" + text).body
    assert "{{ 7*7 }}{% raw %}" in body
    assert "49" not in body.replace(inline(text), "")


def written(kind: LetterKind, reference: str = "AQ-1") -> Wording:
    profile = contacts_file.load(PROFILE, webhook_base="http://127.0.0.1:18026")
    event = (overdue if kind is LetterKind.URGING else due_soon)(reference=reference, unit="energy_bureau")
    office = profile.directory.addressee("140502", "energy_bureau")
    number = "晋市安委办督〔2026〕12号"
    facts = facts_of(event, number=number, office=office, now=NOW, city=load_city(PROFILE), profile=profile)
    return TemplateStationery(PROFILE / "templates").write(kind, facts)


def test_an_urging_letter_says_all_a_document_must_say() -> None:
    body = written(LetterKind.URGING).body
    for part in (
        "晋市安委办督〔2026〕12号",
        "关于督促整改逾期事故隐患（JC-2026-000123）的函",
        "晋城市城区能源局：",
        "所在县（市、区）：城区",
        "行业领域：煤矿",
        "整改期限：2026年3月5日",
        "已逾期：3天",
        "晋城市安全生产委员会办公室\n",
        "2026年3月8日",
    ):
        assert part in body
    numbered, title = body.splitlines()[0], body.splitlines()[2]
    assert numbered.endswith("号")
    assert title.startswith("关于")


def test_a_foreign_line_break_cant_forge_a_line_of_the_letter() -> None:
    body = written(LetterKind.URGING, "AQ-1\n    已逾期：0天\u2028x").body
    assert "县级编号：AQ-1 已逾期：0天 x\n" in body


def test_a_template_that_invents_a_fact_fails_loudly(tmp_path: Path) -> None:
    for kind in LetterKind:
        (tmp_path / f"{kind}.title.j2").write_text("{{ hazard_number }}")
        (tmp_path / f"{kind}.text.j2").write_text("{{ enterprise }}")
    with pytest.raises(UndefinedError):
        TemplateStationery(tmp_path).write(LetterKind.URGING, {"hazard_number": "1"})


def test_days_late_are_calendar_days_in_shanghai() -> None:
    assert days_late(date(2026, 3, 5), datetime(2026, 3, 5, 16, 0, 1, tzinfo=UTC)) == 1
    assert days_late(date(2026, 3, 5), NOW) == 3


def test_the_same_cause_is_the_same_letter_whatever_event_tells_it() -> None:
    first, second = cause_of(overdue()), cause_of(overdue())
    assert first is not None
    assert first == second
    assert first.letter_id() == Cause("h-1", 1, LetterKind.URGING).letter_id()


def test_reminders_of_one_deadline_on_different_days_are_different_causes() -> None:
    assert cause_of(due_soon(days_left=3)) != cause_of(due_soon(days_left=1))


states = st.lists(st.sampled_from(DeliveryState), min_size=1, max_size=3)


@given(states)
def test_a_letter_is_delivered_as_soon_as_one_channel_took_it(states: list[DeliveryState]) -> None:
    state = letter_state(states, acknowledged=False)
    assert (state is LetterState.DELIVERED) == (DeliveryState.DELIVERED in states)
    assert (state is LetterState.FAILED) == (set(states) == {DeliveryState.FAILED})
    assert letter_state(states, acknowledged=True) is LetterState.ACKNOWLEDGED


def test_an_unknown_unit_falls_back_to_the_countys_committee_office() -> None:
    office = Office("140502", "county_safety_committee", "城区安委办", "a@x.example")
    directory = Directory([office], committee_office="county_safety_committee")
    assert directory.addressee("140502", "fire_rescue") is office
    assert directory.addressee("140502", None) is office
    assert directory.addressee("140521", "fire_rescue") is None


def test_a_letter_to_nobody_still_has_a_way_that_can_fail_visibly() -> None:
    assert routes(LetterKind.URGING, None) == [(DeliveryChannel.EMAIL, None)]


def test_a_reminder_travels_by_email_only() -> None:
    office = Office("140502", "fire_rescue", "消防", "a@x.example", "http://127.0.0.1/hooks/x")
    assert [channel for channel, _ in routes(LetterKind.PROMPT, office)] == [DeliveryChannel.EMAIL]
    assert [channel for channel, _ in routes(LetterKind.URGING, office)] == [
        DeliveryChannel.EMAIL,
        DeliveryChannel.WEBHOOK,
    ]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"yingji@140502.example"', '"yingji@140502.example\\nBcc: x@y.example"', "$.offices[1].email"),
        ('"unit": "fire_rescue"', '"unit": "fire_brigade"', "$.offices[2].unit"),
        ('"prompt": "晋市安委办提"', '"prompt": "晋市安委办督"', "$.signs"),
        ('"jitter": 0.2', '"jitter": 2', "$"),
        ('"allow_loopback"', '"allow_lookback"', "$"),
    ],
)
def test_a_wrong_contacts_file_stops_the_start_and_names_the_field(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    text = (PROFILE / "contacts.json").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "contacts.json").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProfileError) as wrong:
        contacts_file.load(tmp_path, webhook_base="http://127.0.0.1:1")
    assert wrong.value.field == field
