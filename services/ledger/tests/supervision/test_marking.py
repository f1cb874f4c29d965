"""What the scheduler and the notifications say about a hazard: marked, kept, or passed over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardOverdue
from duban_contracts.events.notices import NoticeDelivered, NoticeIssued
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Subject
from duban_contracts.testing.calendar import ZONE
from services.chassis.publishing.envelopes import new_event
from services.ledger.supervision.handlers import keep_notices
from services.ledger.tests.gathering.merging import merged, unmerge
from services.ledger.tests.in_process import NOON, InProcess

Raised = tuple[CloudEvent, SupervisionOverdue]


def envelope(data: EventData) -> CloudEvent:
    return new_event(data, source="/duban/test", subject="x", key="x", time=NOON)


def overdue(hazard: dict[str, Any], *, due_at: datetime | None = None, kind: str = "hazard", **other: Any) -> Raised:
    told = {**hazard, **other}
    day = date.fromisoformat(told["deadline_on"])
    data = SupervisionOverdue(
        about=Subject(kind=kind, id=told["hazard_id"], number=told["number"]),
        county=told["county"],
        deadline_number=1,
        deadline_on=day,
        due_at=due_at or ZONE.end_of_day(day),
        raised_at=NOON,
    )
    return envelope(data), data


async def shown(ledger: InProcess, hazard: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()
    return found


@pytest.mark.promise("P3")
async def test_overdue_marks_the_hazard_once_and_names_its_cause(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    raised = overdue(hazard)
    await ledger.raise_overdue(raised, overdue(hazard))
    await ledger.raise_overdue(raised)
    marked = await shown(ledger, hazard)
    assert (marked["overdue"], marked["state"], marked["version"]) == (True, "confirmed", 3)
    query = {"reference": hazard["reference"], "overdue": True}
    assert (await ledger.get("/v1/hazards", **query)).json()["items"] == [marked]
    history = (await ledger.get(f"/v1/hazards/{hazard['hazard_id']}/history")).json()["items"]
    assert (history[-1]["title"], history[-1]["cause_id"]) == ("逾期", raised[0].id)
    noted = [e for e in await ledger.said("ledger.hazard.v1") if e.subject == hazard["hazard_id"]]
    assert [type(decode(event)) for event in noted].count(HazardOverdue) == 1


@pytest.mark.promise("P3")
async def test_what_is_stale_or_unknown_changes_nothing_and_the_next_one_is_taken(ledger: InProcess) -> None:
    submitted, extended, next_one = [await ledger.confirmed() for _ in range(3)]
    await ledger.submit(submitted)
    await ledger.post(extended["hazard_id"], "extend", {"reason": "设备到货延迟", "deadline_on": "2026-06-20"})
    await ledger.raise_overdue(
        # The submission came a moment before the deadline passed, the extension before the alarm.
        overdue(submitted, due_at=NOON + timedelta(microseconds=1)),
        overdue(extended),
        overdue(next_one, hazard_id="0190163d-8694-739b-aea5-966c26f8ad91"),
        overdue(next_one, hazard_id="no-uuid"),
        # A duty's deadline is none of the ledger's.
        overdue(submitted, kind="task"),
        overdue(next_one),
    )
    marked = [(await shown(ledger, hazard))["overdue"] for hazard in (submitted, extended, next_one)]
    assert marked == [False, False, True]


@pytest.mark.promise("P3")
async def test_a_submission_after_the_deadline_does_not_hide_that_it_passed(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    await ledger.submit(hazard)
    await ledger.raise_overdue(overdue(hazard, due_at=NOON - timedelta(minutes=1)))
    marked = await shown(ledger, hazard)
    assert (marked["overdue"], marked["state"]) == (True, "in_review")


@pytest.mark.promise("P3")
async def test_a_deadline_that_passed_before_a_merging_is_still_noted_when_the_word_comes_behind_it(
    ledger: InProcess,
) -> None:
    hazard, survivor, in_time = [await ledger.confirmed() for _ in range(3)]
    for each in (hazard, in_time):
        await merged(ledger, each, survivor)
    await ledger.raise_overdue(
        overdue(hazard, due_at=NOON - timedelta(minutes=1)), overdue(in_time, due_at=NOON + timedelta(minutes=1))
    )
    for each in (hazard, in_time):
        assert (await unmerge(ledger, each)).status_code == 200
    alone = [await shown(ledger, each) for each in (hazard, in_time)]
    assert [(each["state"], each["overdue"]) for each in alone] == [("confirmed", True), ("confirmed", False)]


@pytest.mark.feature("SY23")
async def test_letters_stand_in_the_timeline_beside_the_history(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    about: dict[str, Any] = {
        "letter_id": "letter-1",
        "number": "晋市安督〔2026〕1号",
        "kind": "urging",
        "about": Subject(kind="hazard", id=hazard["hazard_id"], number=hazard["number"]),
        "county": hazard["county"],
        "unit": "emergency_management",
    }
    issued = NoticeIssued(
        **about, occurred_at=NOON + timedelta(minutes=1), title="督促函", cause="e-1", channels=("email",)
    )
    delivered = NoticeDelivered(**about, occurred_at=NOON + timedelta(minutes=2), channel="email", attempts=1)
    task = msgspec.structs.replace(issued, about=Subject(kind="task", id=hazard["hazard_id"], number="T-1"))
    first = (envelope(issued), issued)
    notices = [(envelope(delivered), delivered), first, first, (envelope(task), task)]
    for _ in range(2):
        async with ledger.database.transaction() as connection:
            await keep_notices(connection, notices)
    items = (await ledger.get(f"/v1/hazards/{hazard['hazard_id']}/timeline", "county")).json()["items"]
    told = [(item["kind"], item["title"]) for item in items]
    assert told == [("history", "入账"), ("history", "确认"), ("notice", "发文"), ("notice", "送达")]
    assert items[2]["payload"]["number"] == "晋市安督〔2026〕1号"
    assert items[1]["version"] == 2
