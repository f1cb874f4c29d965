"""Whoever confirms at the second level hears by letter that the first has confirmed (SY27)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from duban_contracts.events.hazards import HazardFirstConfirmed, HazardRejected
from duban_contracts.events.types import Actor, Channel, Grade, HazardFacts, HazardState
from duban_contracts.topics import TopicFamily
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing.kafka import publish
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.kind import LetterRequest, Writing, requests_of
from services.notifications.letters.model.words import letter_words
from services.notifications.tests.world import NOW, World
from services.notifications.tests.writing import CITY, STATIONERY

pytestmark = pytest.mark.feature("SY27")
ENTERPRISE = Actor(account="principal-1", role="enterprise_principal")
REGULATOR = Actor(account="regulator-140502-1", role="county_regulator", unit="fire_rescue")


def first_confirmed(actor: Actor = REGULATOR, grade: Grade = Grade.MAJOR, **facts: Any) -> HazardFirstConfirmed:
    hazard: dict[str, Any] = {
        "hazard_id": "h-1",
        "number": "140502-2026-000123",
        "county": "140502",
        "reference": "JC-1",
        "channel": Channel.SELF_REPORT,
        "sector": "hazchem",
        "state": HazardState.REPORTED,
        "enterprise_uscc": "91140502MA0EXAMP04",
        **facts,
    }
    return HazardFirstConfirmed(
        hazard=HazardFacts(**hazard), actor=actor, occurred_at=NOW, grade=grade, reason="符合判定标准"
    )


def asked(event: HazardFirstConfirmed) -> LetterRequest:
    envelope = new_event(event, source="/duban/ledger", subject="h-1", key="h-1", time=NOW)
    [request] = requests_of(envelope, event, KINDS)
    return request


def addressed(event: HazardFirstConfirmed) -> tuple[str, str | None]:
    matter = asked(event).matter.within(CITY)
    return matter.county, matter.unit


def test_what_is_major_goes_to_the_citys_office_of_the_department_that_confirmed_first() -> None:
    assert addressed(first_confirmed()) == ("140500", "fire_rescue")
    assert addressed(first_confirmed(ENTERPRISE)) == ("140500", "emergency_management")


def test_what_is_general_stays_in_the_county() -> None:
    assert addressed(first_confirmed(ENTERPRISE, Grade.GENERAL)) == ("140502", None)


def test_the_letter_is_no_affair_of_the_enterprise_and_has_no_last_day() -> None:
    event = first_confirmed()
    assert asked(event).matter == Matter(
        about=event.hazard.as_subject(), county="140502", of_city=True, sector="hazchem", unit="fire_rescue"
    )


@pytest.mark.promise("P9")
def test_each_first_level_asks_once_and_the_next_one_anew() -> None:
    one, again = asked(first_confirmed()).cause, asked(first_confirmed()).cause
    assert one == again
    later = replace(first_confirmed(), occurred_at=NOW + timedelta(seconds=1))
    assert len({one, asked(later).cause, asked(first_confirmed(grade=Grade.GENERAL)).cause}) == 3


def test_the_letter_says_which_hazard_of_which_county_is_what_to_the_first_level() -> None:
    request = asked(first_confirmed())
    writing = Writing(date(2026, 3, 2), CITY)
    common = letter_words(request.matter.within(CITY), number="1号", issuer="安委办", office=None, writing=writing)
    text = STATIONERY.write(request.kind.code, common | request.words(writing)).body
    day = CITY.zone.day_of(NOW)
    assert "隐患编号：140502-2026-000123\n    县级编号：JC-1\n    所在县（市、区）：城区\n" in text
    assert f"一级确认等级：重大事故隐患\n    一级确认日期：{day.year}年{day.month}月{day.day}日\n" in text


async def test_a_first_level_on_kafka_becomes_one_letter_and_what_else_befalls_a_hazard_none(world: World) -> None:
    told = first_confirmed(ENTERPRISE, Grade.GENERAL, hazard_id=f"{world.tag}-h-1")
    events = [told, HazardRejected(hazard=told.hazard, actor=REGULATOR, occurred_at=NOW, reason="不构成隐患"), told]
    made = [new_event(each, source="/duban/ledger", subject=world.tag, key=world.tag, time=NOW) for each in events]
    await publish(world.settings.kafka_bootstrap, f"{world.settings.topic_prefix}{TopicFamily.HAZARD}", made)
    [letter] = await world.settled()
    assert (letter["kind"], letter["about"]["kind"]) == ("confirmation_prompt", "hazard")
    assert [mail["To"] for mail in await world.mails()] == ["anweiban@140502.example"]
