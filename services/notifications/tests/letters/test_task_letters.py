"""A unit hears of its task once before the last day and once after it, by letter (SY08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
import pytest

from duban_contracts.codec import decode, lookup
from duban_contracts.events.tasks import TaskDueSoon, TaskEvent, TaskOverdue, TaskReminded
from duban_contracts.events.types import Subject
from duban_contracts.examples import example_event
from duban_contracts.topics import TopicFamily
from services.chassis.publishing.envelopes import new_event
from services.chassis.testing.kafka import publish
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.cause import Cause, Matter
from services.notifications.letters.model.kind import LetterRequest, Writing, requests_of
from services.notifications.letters.model.words import letter_words
from services.notifications.tests.world import World
from services.notifications.tests.writing import CITY, STATIONERY

pytestmark = pytest.mark.feature("SY08")


@dataclass(frozen=True)
class Told:
    """The contract's own examples: a county's monthly report, due on 1 December 2026."""

    due_soon: TaskDueSoon
    reminded: TaskReminded
    overdue: TaskOverdue


def example(name: str) -> TaskEvent:
    data = decode(example_event(lookup(f"duban.task.{name}.v1")))
    assert isinstance(data, TaskEvent)
    return data


@pytest.fixture
def told() -> Told:
    due_soon, reminded, overdue = example("due_soon"), example("reminded"), example("overdue")
    assert isinstance(due_soon, TaskDueSoon)
    assert isinstance(reminded, TaskReminded)
    assert isinstance(overdue, TaskOverdue)
    return Told(due_soon, reminded, overdue)


def asked(event: TaskEvent) -> list[LetterRequest]:
    envelope = new_event(event, source="/duban/scheduler", subject="t", key="t", time=event.occurred_at)
    return list(requests_of(envelope, event, KINDS))


def body(event: TaskEvent, today: date) -> str:
    [request] = asked(event)
    writing = Writing(today, CITY)
    common = letter_words(request.matter, number="1号", issuer="安委办", office=None, writing=writing)
    return STATIONERY.write(request.kind.code, common | request.words(writing)).body


def test_a_reminder_before_and_one_after_ask_for_a_letter_each_and_the_deadlines_midnight_for_none(told: Told) -> None:
    [before], [after] = asked(told.due_soon), asked(told.reminded)
    task_id = told.due_soon.task.task_id
    assert before.cause == Cause("task", task_id, "task_prompt", "1/5")
    assert after.cause == Cause("task", task_id, "task_urging", "1")
    assert asked(told.overdue) == []
    assert (before.matter.county, before.matter.unit, before.matter.due_on) == (
        "140502",
        "county_safety_committee",
        date(2026, 12, 1),
    ), "its owner is written to"


def test_a_letter_concerns_whom_its_task_concerns(told: Told) -> None:
    for event in (told.due_soon, told.reminded):
        task = msgspec.structs.replace(event.task, sectors=("hazchem",))
        [request] = asked(msgspec.structs.replace(event, task=task))
        assert request.matter == Matter(
            about=event.about, county=task.county, sector="hazchem", unit=task.unit, due_on=task.due_on
        )


def test_the_letters_say_what_is_owed_until_when_and_how_late_it_is(told: Told) -> None:
    before, after = body(told.due_soon, date(2026, 11, 27)), body(told.reminded, date(2026, 12, 2))
    for text in (before, after):
        assert "任务名称：报送上月安全生产工作进展\n" in text
        assert "牵头单位：县级安委会及其办公室\n    完成期限：2026年12月1日\n" in text
    assert "剩余时间：5天（含期限当日）" in before
    assert "逾期时间：1天" in after


async def test_a_reminder_on_kafka_becomes_a_letter_to_the_county_once(world: World, told: Told) -> None:
    about = Subject(kind="task", id=f"{world.tag}-t-1", number=told.reminded.task.number)
    reminded = msgspec.structs.replace(told.reminded, about=about)
    events = [
        new_event(reminded, source="/duban/scheduler", subject=about.id, key=about.id, time=at)
        for at in (reminded.occurred_at, reminded.occurred_at + timedelta(seconds=1))
    ]
    await publish(world.settings.kafka_bootstrap, f"{world.settings.topic_prefix}{TopicFamily.TASK}", events)
    [letter] = await world.settled()
    assert (letter["kind"], letter["about"]["kind"]) == ("task_urging", "task")
    assert [mail["To"] for mail in await world.mails()] == ["anweiban@140502.example"]
