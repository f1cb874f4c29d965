"""A deadline of anything else than a hazard is raised by the same machinery: its owner brings fence and facts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Subject
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import confirmed
from duban_contracts.topics import TopicFamily
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables
from services.scheduler.alarms.handlers import Deps, Known, RaiseAlarms, Source
from services.scheduler.alarms.model import Alarm, AlarmState, Due, ahead, passing
from services.scheduler.tests.bench import Bench, nothing

TASKS = [Subject(kind="task", id=f"t-{n}", number=f"RW-{n}") for n in (1, 2)]


async def second_in_doubt(_: Connection) -> Known:
    return Known(local(30), ["t-2"])


async def tell(_: Connection, alarms: Sequence[Alarm]) -> Sequence[CloudEvent]:
    return [
        new_event(
            SupervisionOverdue(
                about=alarm.due.about,
                county="140502",
                deadline_number=alarm.due.number,
                deadline_on=alarm.due.on,
                due_at=alarm.due.at,
                raised_at=alarm.raised_at or alarm.due.at,
            ),
            source="/duban/scheduler",
            subject=alarm.due.about.id,
            key=alarm.due.about.id,
            time=alarm.due.at,
        )
        for alarm in alarms
    ]


@pytest.mark.promise("P3")
async def test_a_tasks_deadline_is_raised_once_and_touches_no_hazards(bench: Bench) -> None:
    await bench.learn(confirmed().records())
    source = Source(subject_kind="task", topic=TopicFamily.TASK, known=second_in_doubt, tell=tell)
    job = RaiseAlarms(source, Deps(bench.database, bench.clock), plan=nothing)
    async with bench.database.transaction() as connection:
        for task in TASKS:
            due = Due(task, 1, june(3), local(4))
            reminders = ahead(due, {1: local(2, 9)}, AlarmState.ARMED, since=local(1))
            await tables.save(connection, [passing(due, AlarmState.ARMED), *reminders])
    bench.clock.set(local(4, 0, 1))
    for _ in range(2):
        await job.look()
    [event] = await bench.said()
    told = decode(event)
    assert isinstance(told, SupervisionOverdue)
    assert (told.about, told.hazard, told.raised_at) == (TASKS[0], None, local(4, 0, 1))
    async with bench.database.acquire() as connection:
        stored = await tables.of_subject(connection, "task", "t-1")
        hazards = await tables.of_subject(connection, "hazard", "hz-1")
    assert [(alarm.due.about, alarm.due.on, alarm.state) for alarm in stored] == [
        (TASKS[0], june(3), AlarmState.LAPSED),
        (TASKS[0], june(3), AlarmState.RAISED),
    ]
    assert {alarm.state for alarm in hazards} == {AlarmState.ARMED}
