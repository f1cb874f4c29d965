"""Whoever confirms at the second level hears by letter that the first has confirmed (SY27)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from duban_contracts.codec import decode, type_of
from duban_contracts.events.gathering import FirstLevel, HazardUnmerged
from duban_contracts.events.hazards import HazardEvent, HazardFirstConfirmed
from duban_contracts.events.types import Grade
from duban_contracts.examples import example_event
from duban_contracts.topics import TopicFamily, needed_by
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.kafka import publish
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.cause import Matter
from services.notifications.letters.model.confirming import SETTLES, TAKEN, last_words, why_settled
from services.notifications.letters.model.kind import LetterRequest, Writing, requests_of
from services.notifications.letters.model.words import letter_words
from services.notifications.tests.letters.first_levels import (
    ENTERPRISE,
    first_confirmed,
    hear,
    rejected,
)
from services.notifications.tests.world import NOW, World
from services.notifications.tests.writing import (
    CITY,
    STATIONERY,
    Steered,
    carrier,
    carry,
    lines,
)
from services.notifications.tests.writing import TAKEN as ARRIVED

pytestmark = pytest.mark.feature("SY27")


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


async def test_a_first_level_on_kafka_becomes_one_letter_and_one_that_was_settled_none(world: World) -> None:
    told, other = (first_confirmed(ENTERPRISE, Grade.GENERAL, hazard_id=f"{world.tag}-{name}") for name in "ab")
    made = [
        new_event(each, source="/duban/ledger", subject=world.tag, key=world.tag, time=NOW)
        for each in (other, rejected(other), told, told)
    ]
    await publish(world.settings.kafka_bootstrap, f"{world.settings.topic_prefix}{TopicFamily.HAZARD}", made)
    [letter] = [each for each in await world.settled() if each["about"]["id"] == told.hazard.hazard_id]
    assert (letter["kind"], letter["about"]["kind"]) == ("confirmation_prompt", "hazard")
    mails = [mail["To"] for mail in await world.mails() if mail["Message-ID"][1:37] in deliveries_of(letter)]
    assert mails == ["anweiban@140502.example"]


def deliveries_of(letter: dict[str, Any]) -> set[str]:
    return {each["delivery_id"] for each in letter["deliveries"]}


async def test_what_is_settled_in_the_same_batch_asks_for_no_letter(bare: Database) -> None:
    settled, waits = first_confirmed(hazard_id="h-1"), first_confirmed(hazard_id="h-2")
    assert await hear(bare, settled, waits, rejected(settled)) == [("h-2", "issued", False, None)]


async def test_a_first_level_of_another_grade_takes_the_place_of_the_one_before_it(bare: Database) -> None:
    first = first_confirmed()
    second = replace(first_confirmed(grade=Grade.GENERAL), occurred_at=NOW + timedelta(hours=1))
    assert await hear(bare, first, second) == [("h-1", "issued", False, None)]
    third = replace(first, occurred_at=NOW + timedelta(hours=2))
    assert await hear(bare, third) == [("h-1", "failed", True, "recalled"), ("h-1", "issued", False, None)]


async def test_a_letter_that_is_not_out_when_its_first_level_is_settled_stays_in(bare: Database) -> None:
    first = first_confirmed()
    assert await hear(bare, first) == [("h-1", "issued", False, None)]
    assert await hear(bare, rejected(first, later=-timedelta(hours=1))) == [("h-1", "issued", False, None)]
    for _ in range(2):
        assert await hear(bare, rejected(first)) == [("h-1", "failed", True, "recalled")]
    async with bare.acquire() as connection:
        values = await connection.fetch("SELECT value FROM outbox ORDER BY id")
    assert ["不予认定" in row["value"].decode() for row in values] == [False, True, False]


async def test_a_letter_that_has_arrived_stays_as_it_is(bare: Database) -> None:
    clock, email = ManualClock(NOW + timedelta(hours=2)), Steered()
    await hear(bare, first_confirmed(), clock=clock)
    await carry(carrier(bare, clock, lines(email)))
    assert await hear(bare, rejected(first_confirmed())) == [("h-1", "delivered", False, ARRIVED.code)]


async def test_what_the_broker_took_days_ago_asks_for_nothing_and_after_a_weekend_it_does(bare: Database) -> None:
    old, young = first_confirmed(hazard_id="h-1"), first_confirmed(hazard_id="h-2")
    assert await hear(bare, old, ago=timedelta(days=4)) == []
    assert await hear(bare, young, ago=timedelta(days=2, hours=12)) == [("h-2", "issued", False, None)]


@pytest.mark.parametrize("settles", SETTLES)
def test_whatever_ends_the_waiting_is_taken_from_the_topic(settles: type[HazardEvent]) -> None:
    assert {type_of(each).name for each in TAKEN} == needed_by("notifications.hazards")
    event = decode(example_event(type_of(settles)))
    assert isinstance(event, settles)
    first = first_confirmed(hazard_id=event.hazard.hazard_id)
    told = [(new_event(each, source="/x", subject="h", key="h", time=NOW), each) for each in (first, event)]
    assert [data for _, data in last_words(told)] == [event]
    assert type_of(settles).title_zh in why_settled(event)


def test_a_hazard_that_is_taken_out_asks_again_where_a_first_level_waits_and_else_changes_nothing() -> None:
    event = decode(example_event(type_of(HazardUnmerged)))
    assert isinstance(event, HazardUnmerged)
    first = first_confirmed(hazard_id=event.hazard.hazard_id)
    level = FirstLevel(grade=Grade.MAJOR, confirmed_at=NOW, unit=None)
    for waits, last in ((replace(event, first_confirmed=level), 1), (replace(event, first_confirmed=None), 0)):
        both = (first, waits)
        told = [(new_event(each, source="/x", subject="h", key="h", time=NOW), each) for each in both]
        assert [data for _, data in last_words(told)] == [both[last]]
