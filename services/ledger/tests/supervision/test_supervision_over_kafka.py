"""What the scheduler and the notifications say, taken from their topics."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.notices import NoticeIssued
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionOverdue
from duban_contracts.events.types import Subject
from duban_contracts.topics import TopicFamily
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.world import World


def said(data: EventData, about: Subject) -> CloudEvent:
    return new_event(data, source="/duban/test", subject=about.id, key=about.id, time=datetime.now(UTC))


@pytest.mark.promise("P3")
async def test_an_alarm_marks_its_hazard_and_a_letter_stands_in_the_timeline(world: World) -> None:
    hazard = await world.confirmed()
    about, now = Subject(kind="hazard", id=hazard["hazard_id"], number=hazard["number"]), datetime.now(UTC)
    alarm: dict[str, Any] = {
        "about": about,
        "county": hazard["county"],
        "deadline_number": 1,
        "deadline_on": date.fromisoformat(hazard["deadline_on"]),
        "due_at": now - timedelta(seconds=1),
        "raised_at": now,
    }
    raised = said(SupervisionOverdue(**alarm), about)
    await world.publish(TopicFamily.SUPERVISION, said(SupervisionDueSoon(**alarm, days_left=3), about), raised, raised)
    letter = NoticeIssued(
        letter_id="letter-1",
        number="晋市安督〔2026〕1号",
        kind="urging",
        about=about,
        county=hazard["county"],
        unit="emergency_management",
        occurred_at=now + timedelta(minutes=1),
        title="督促函",
        cause=raised.id,
        channels=("email",),
    )
    await world.publish(TopicFamily.NOTICE, said(letter, about))

    async def all_there() -> None:
        items = (await world.get(f"/v1/hazards/{hazard['hazard_id']}/timeline", "county")).json()["items"]
        told = [(item["kind"], item["title"]) for item in items]
        assert told == [("history", "入账"), ("history", "确认"), ("history", "逾期"), ("notice", "发文")]

    await chassis_testing.eventually(all_there)
    assert (await world.hazard(hazard["reference"], version=3))["overdue"] is True
