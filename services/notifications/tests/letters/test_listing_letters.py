"""A unit hears by letter that the time of a listing is near, and that it is over (SY29, SY45)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionOverdue
from duban_contracts.events.types import Listing, ListingLevel
from services.notifications.letters.model.cause import Cause
from services.notifications.letters.model.kind import Writing
from services.notifications.letters.model.words import letter_words
from services.notifications.tests.world import NOW, World, due_soon, overdue
from services.notifications.tests.writing import CITY, STATIONERY, asked

pytestmark = pytest.mark.feature("SY45")

LISTED_UNTIL = date(2026, 3, 20)
LISTING = Listing(
    number=1,
    level=ListingLevel.CITY,
    authority="safety_committee",
    document="晋市安委督〔2026〕3号",
    deadline_on=LISTED_UNTIL,
)


def about_the_listing(event: Any, listing: Listing = LISTING) -> Any:
    """The same said about the listing of the hazard instead of the hazard."""
    due_at = datetime(2026, 3, 20, 16, tzinfo=NOW.tzinfo)
    return replace(
        event,
        about=listing.as_subject(event.about.id),
        hazard=replace(event.hazard, listing=listing),
        deadline_on=listing.deadline_on,
        due_at=due_at,
        last_day=listing.deadline_on,
    )


def body(event: SupervisionDueSoon | SupervisionOverdue, today: date) -> str:
    [request] = asked(event)
    writing = Writing(today, CITY)
    common = letter_words(request.matter, number="1号", issuer="安委办", office=None, writing=writing)
    return STATIONERY.write(request.kind.code, common | request.words(writing)).body


@pytest.mark.promise("P9")
def test_the_listing_and_its_hazard_have_letters_of_their_own_each_once() -> None:
    [near], [late] = asked(about_the_listing(due_soon(days_left=3))), asked(about_the_listing(overdue()))
    assert near.cause == Cause("listing", "h-1/1", "listing_prompt", "1/3")
    assert late.cause == Cause("listing", "h-1/1", "listing_urging", "1")
    assert late.matter.due_on == LISTED_UNTIL
    [hazards_own] = asked(overdue())
    assert hazards_own.cause == Cause("hazard", "h-1", "urging", "1")
    assert len({near.cause.letter_id(), late.cause.letter_id(), hazards_own.cause.letter_id()}) == 3


def test_the_letters_name_document_authority_and_the_listings_own_deadline() -> None:
    near = body(about_the_listing(due_soon()), LISTED_UNTIL - timedelta(days=2))
    late = body(about_the_listing(overdue()), LISTED_UNTIL + timedelta(days=1))
    for text in (near, late):
        assert "督办文号：晋市安委督〔2026〕3号\n    挂牌机关：市安全生产委员会\n    隐患编号：JC-2026-000123\n" in text
        assert "督办期限：2026年3月20日\n" in text
    assert "剩余时间：3天（含期限当日）" in near
    assert "已逾期：1天" in late
    assert "拟提请约谈" in late


def test_a_countys_authority_is_named_with_its_county() -> None:
    department = replace(LISTING, level=ListingLevel.DEPARTMENT, authority="fire_rescue", county="140502")
    committee = replace(LISTING, level=ListingLevel.COUNTY, authority="county_safety_committee", county="140502")
    assert "挂牌机关：城区消防救援支队/大队\n" in body(about_the_listing(overdue(), department), LISTED_UNTIL)
    assert "挂牌机关：城区安全生产委员会\n" in body(about_the_listing(overdue(), committee), LISTED_UNTIL)


async def test_an_overdue_listing_on_kafka_becomes_one_letter_to_the_responsible_unit(world: World) -> None:
    await world.say(about_the_listing(overdue()), about_the_listing(overdue()))
    [letter] = await world.settled()
    assert (letter["kind"], letter["about"]["kind"]) == ("listing_urging", "listing")
    assert letter["about"]["number"] == "晋市安委督〔2026〕3号"
    assert [mail["To"] for mail in await world.mails()] == ["xiaofang@140502.example"]
