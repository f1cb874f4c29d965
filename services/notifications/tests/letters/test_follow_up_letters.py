"""Who owes a measure of an accident hears by letter that its day is over, once (SY43)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Subject
from services.notifications.directory.model import Directory
from services.notifications.letters.model.cause import Cause
from services.notifications.letters.model.kind import Writing
from services.notifications.letters.model.words import letter_words
from services.notifications.tests.world import World
from services.notifications.tests.writing import CITY, CONTACTS, STATIONERY, asked

PASSED = datetime(2026, 3, 20, 16, tzinfo=UTC)
OVERDUE = SupervisionOverdue(
    about=Subject(kind="accident_measure", id="a-1/2", number="SG-140502-2026-001/2"),
    county="140502",
    sector="hazchem",
    unit="fire_rescue",
    deadline_number=1,
    deadline_on=date(2026, 3, 20),
    due_at=PASSED,
    raised_at=PASSED,
)


@pytest.mark.feature("SY43")
@pytest.mark.promise("P9")
def test_a_late_measure_asks_for_one_letter_of_its_own_and_for_none_about_a_hazard() -> None:
    [request] = asked(OVERDUE)
    assert request.cause == Cause("accident_measure", "a-1/2", "follow_up_urging", "1")
    writing = Writing(date(2026, 3, 22), CITY)
    common = letter_words(request.matter, number="1号", issuer="安委办", office=None, writing=writing)
    text = STATIONERY.write(request.kind.code, common | request.words(writing)).body
    for line in (
        "事项类别：事故整改措施",
        "事项编号：SG-140502-2026-001/2",
        "行业领域：危险化学品",
        "办理期限：2026年3月20日",
        "已逾期：2天",
    ):
        assert f"    {line}\n" in text


def test_what_only_the_city_may_do_is_a_letter_to_the_city() -> None:
    evaluation = replace(
        OVERDUE, about=Subject(kind="accident", id="a-1", number="SG-140502-2026-001"), unit=None, of_city=True
    )
    for event, county, office in (
        (evaluation, "140500", "晋城市应急管理局"),
        (replace(evaluation, of_city=False), "140502", "晋城市城区安全生产委员会办公室"),
    ):
        [request] = asked(event)
        matter = request.matter.within(CITY)
        found = Directory.of(CONTACTS).addressee(matter.county, matter.unit)
        assert found is not None
        assert (matter.county, found.name) == (county, office)


async def test_a_late_measure_on_kafka_becomes_one_letter_to_its_unit(world: World) -> None:
    await world.say(OVERDUE, OVERDUE)
    [letter] = await world.settled()
    assert (letter["kind"], letter["about"]["kind"]) == ("follow_up_urging", "accident_measure")
    assert [mail["To"] for mail in await world.mails()] == ["xiaofang@140502.example"]
