"""A feed as calendar programs read it: parsed by the library, over the changes of a task."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from icalendar import Calendar, Event

from duban_contracts.events.tasks import TaskState
from services.scheduler.subscriptions.documents.feed import feed_of
from services.scheduler.subscriptions.model import Subscription, digest_of
from services.scheduler.tasks.model.task import Task, planned
from services.scheduler.tests.tasks.stage import COUNTY, county, due_at, report

ISSUED = datetime(2026, 5, 1, tzinfo=UTC)
MINE = Subscription(
    subscription_id="0b9f", name="城区任务", county=COUNTY, unit=None, issued_at=ISSUED, issued_by="city-office-1"
)
TASK = planned(report(member=county()), due_at())


def moved(**changed: Any) -> Task:
    return msgspec.structs.replace(TASK, **changed)


def event_of(task: Task, revision: int = 0) -> Event:
    [event] = Calendar.from_ical(feed_of(MINE, [(task, revision)])).events
    return event


def test_a_task_is_an_all_day_event_on_its_last_day_in_the_city() -> None:
    event = event_of(TASK)
    assert event["UID"] == TASK.task_id
    assert (event.start, event.end, event.DTSTART) == (date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 1))
    assert event.summary == "报送上月安全生产工作进展（城区）"
    assert "牵头单位：县级安委会及其办公室" in event.description
    assert event["TRANSP"] == "TRANSPARENT"


def test_the_calendar_says_its_name_and_when_to_come_again() -> None:
    text = feed_of(MINE, [])
    calendar = Calendar.from_ical(text)
    assert (calendar.calendar_name, calendar.refresh_interval) == ("城区任务", timedelta(hours=4))
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT4H\r\n" in text
    assert calendar["VERSION"] == "2.0"


def test_a_change_keeps_the_event_and_raises_its_sequence() -> None:
    before = event_of(TASK, 0)
    at = datetime(2026, 6, 1, 8, tzinfo=UTC)
    after = event_of(moved(state=TaskState.RETURNED, due_on=date(2026, 6, 4), changed_at=at), 3)
    assert after["UID"] == before["UID"]
    assert (before.sequence, after.sequence) == (0, 3)
    assert (before.last_modified, after.last_modified, after.stamp) == (ISSUED, at, at)
    assert after.start == date(2026, 6, 4)


@pytest.mark.parametrize(
    ("state", "status", "begins"),
    [
        (TaskState.PLANNED, "TENTATIVE", "报送"),
        (TaskState.ASSIGNED, "CONFIRMED", "【逾期】"),
        (TaskState.ACCEPTED, "CONFIRMED", "【已办结】"),
        (TaskState.WAIVED, "CANCELLED", "【已豁免】"),
        (TaskState.CANCELLED, "CANCELLED", "【已取消】"),
    ],
)
def test_a_state_is_said_in_the_status_and_in_the_title(state: TaskState, status: str, begins: str) -> None:
    event = event_of(moved(state=state, late=state is TaskState.ASSIGNED))
    assert event["STATUS"] == status
    assert event.summary.startswith(begins)


def test_lines_and_separators_of_a_title_stay_text() -> None:
    title = "检查;整改,复查\nEND:VEVENT\r\nBEGIN:VEVENT"
    [event] = Calendar.from_ical(feed_of(MINE, [(planned(report(title=title), due_at()), 0)])).events
    assert event.summary == title.replace("\r\n", "\n")


def test_what_is_no_secret_has_no_digest() -> None:
    assert digest_of("a" * 43) is not None
    assert [digest_of(text) for text in ("", "a" * 42, "a" * 44, "a" * 42 + "\n", "é" * 43)] == [None] * 5
