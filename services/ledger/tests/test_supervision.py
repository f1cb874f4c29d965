"""What the scheduler and the notifications say about a hazard, taken from their topics."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardOverdue
from duban_contracts.events.notices import DeliveryChannel, NoticeDelivered, NoticeIssued
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionOverdue
from duban_contracts.events.types import HazardFacts
from duban_contracts.topics import TopicFamily
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.world import World, in_days


def facts(hazard: dict[str, Any], **other: Any) -> HazardFacts:
    names = HazardFacts.__struct_fields__
    values = {name: hazard[name] for name in names} | {"deadline_on": date.fromisoformat(hazard["deadline_on"])}
    return HazardFacts(**{**values, **other})


def said(data: EventData, hazard_id: str) -> CloudEvent:
    return new_event(data, source="/duban/test", subject=hazard_id, key=hazard_id, time=datetime.now(UTC))


def overdue(hazard: dict[str, Any], *, late_by: timedelta = timedelta(seconds=1), **other: Any) -> CloudEvent:
    now = datetime.now(UTC)
    told = facts(hazard, **other)
    assert told.deadline_on is not None
    data = SupervisionOverdue(
        hazard=told, deadline_number=1, deadline_on=told.deadline_on, due_at=now - late_by, raised_at=now
    )
    return said(data, hazard["hazard_id"])


def noted(world: World, hazard: dict[str, Any]) -> list[HazardOverdue]:
    events = [decode(e) for e in world.topic(TopicFamily.HAZARD) if e.subject == hazard["hazard_id"]]
    return [event for event in events if isinstance(event, HazardOverdue)]


async def test_overdue_marks_the_hazard_once_and_names_its_cause(world: World) -> None:
    hazard = await world.confirmed()
    raised = overdue(hazard)
    await world.publish(TopicFamily.SUPERVISION, raised, raised, overdue(hazard))
    marked = await world.hazard(hazard["reference"], version=3)
    assert (marked["overdue"], marked["state"]) == (True, "confirmed")
    assert (await world.get("/v1/hazards", reference=hazard["reference"], overdue=True)).json()["items"] == [marked]
    history = (await world.get(f"/v1/hazards/{hazard['hazard_id']}/history")).json()["items"]
    assert (history[-1]["title"], history[-1]["cause_id"]) == ("逾期", raised.id)
    await chassis_testing.eventually(lambda: _equal(len(noted(world, hazard)), 1))


async def test_a_stale_overdue_changes_nothing_and_the_next_one_is_taken(world: World) -> None:
    submitted, extended, next_one = await world.confirmed(), await world.confirmed(), await world.confirmed()
    await world.submit(submitted)
    body = {"reason": "设备到货延迟", "deadline_on": in_days(20)}
    await world.post(extended["hazard_id"], "extend", body)
    unknown = {**next_one, "hazard_id": "0190163d-8694-739b-aea5-966c26f8ad91"}
    soon = SupervisionDueSoon(
        hazard=facts(next_one),
        deadline_number=1,
        deadline_on=date.fromisoformat(next_one["deadline_on"]),
        due_at=datetime.now(UTC),
        raised_at=datetime.now(UTC),
        days_left=3,
    )
    # The submission came a moment before the deadline passed, the extension before the alarm.
    in_time = overdue(submitted, late_by=-timedelta(seconds=1))
    await world.publish(
        TopicFamily.SUPERVISION,
        in_time,
        overdue(extended),
        overdue(unknown),
        overdue({**next_one, "hazard_id": "no-uuid"}),
        said(soon, next_one["hazard_id"]),
        overdue(next_one),
    )
    assert (await world.hazard(next_one["reference"], version=3))["overdue"]
    for hazard in (submitted, extended):
        now = await world.hazard(hazard["reference"])
        assert (now["version"], now["overdue"]) == (3, False)
    assert await world.pool.fetchval("SELECT count(*) FROM dead_letter WHERE consumer = 'ledger.supervision'") == 0


async def test_a_submission_after_the_deadline_does_not_hide_that_it_passed(world: World) -> None:
    hazard = await world.confirmed()
    await world.submit(hazard)
    await world.publish(TopicFamily.SUPERVISION, overdue(hazard, late_by=timedelta(minutes=1)))
    marked = await world.hazard(hazard["reference"], version=4)
    assert (marked["overdue"], marked["state"]) == (True, "in_review")


async def test_letters_stand_in_the_timeline_beside_the_history(world: World) -> None:
    hazard = await world.confirmed()
    about: dict[str, Any] = {
        "letter_id": "letter-1",
        "number": "晋市安督〔2026〕1号",
        "kind": "urging",
        "hazard_id": hazard["hazard_id"],
        "hazard_number": hazard["number"],
        "county": hazard["county"],
        "unit": "emergency_management",
    }
    issued = NoticeIssued(
        **about,
        occurred_at=datetime.now(UTC) + timedelta(minutes=1),
        subject="督办函",
        cause="e-1",
        channels=(DeliveryChannel.EMAIL,),
    )
    delivered = NoticeDelivered(
        **about, occurred_at=datetime.now(UTC) + timedelta(minutes=2), channel=DeliveryChannel.EMAIL, attempts=1
    )
    first = said(issued, "letter-1")
    await world.publish(TopicFamily.NOTICE, first, first, said(delivered, "letter-1"))

    async def both_there() -> None:
        items = (await world.get(f"/v1/hazards/{hazard['hazard_id']}/timeline", "county")).json()["items"]
        told = [(item["kind"], item["title"]) for item in items]
        assert told == [("history", "入账"), ("history", "确认"), ("notice", "发文"), ("notice", "送达")]

    await chassis_testing.eventually(both_there)


def _equal(left: object, right: object) -> None:
    assert left == right
