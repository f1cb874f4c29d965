"""Tasks that are owed, planned and assigned by the scheduler's own verbs, whose last day then ends at one instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
from aiokafka import TopicPartition

from duban_contracts.events.tasks import Member, MemberKind
from duban_contracts.profile import load_city
from services.chassis.assembly import Platform
from services.chassis.consuming import progress
from services.chassis.storage.database import connect
from services.scheduler.alarms.tables import SESSION_SETTINGS
from services.scheduler.bootstrap import NAME
from services.scheduler.settings import Settings
from services.scheduler.tasks.handlers.hearing import CONSUMER
from services.scheduler.tasks.handlers.open_windows import open_windows
from services.scheduler.tasks.handlers.plan import plan_tasks
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.planned import PlannedTask
from tests.load.due import Due
from tests.load.rig import PROFILE

_CITY: Final = load_city(PROFILE)
_DAY: Final = timedelta(days=1)
_FAR: Final = timedelta(days=3650)
# $1 instant. Reminders are left out: nobody's lie within the run.
_END: Final = (
    "UPDATE task SET due_at = $1, task = jsonb_set(task, '{due_at}', to_jsonb($1::timestamptz)) WHERE state = 'assigned'",
    "UPDATE alarm SET fires_at = $1, due_at = $1 WHERE subject_kind = 'task' AND kind = 'overdue' AND state = 'armed'",
    """UPDATE alarm SET fires_at = $1::timestamptz + interval '9 years'
        WHERE subject_kind = 'task' AND kind <> 'overdue' AND state = 'armed'""",
)


def _tasks(number: int, now: datetime) -> list[PlannedTask]:
    today = now.date()
    return [
        PlannedTask(
            duty_id="bench",
            duty_version=1,
            period="bench",
            period_start=today - _DAY,
            period_end=today + 30 * _DAY,
            kind="general",
            title="报送本期安全生产工作进展",
            window_start=today - _DAY,
            due_on=today + 30 * _DAY,
            county=_CITY.code,
            lead_unit="transport",
            member=Member(kind=MemberKind.UNIT, code=f"unit-{nth:06}", name=f"第{nth}个单位"),
            evidence=("工作记录",),
        )
        for nth in range(number)
    ]


async def assign(dsn: str, number: int, *, prefix: str) -> None:
    """Plan and assign so many tasks, one of each unit of the city; what was said of that is not carried to the topic.

    The counties' own topics are known to be read for years: none of them holds a word back.
    """
    settings = Settings(postgres_dsn=dsn, http_port=0, profile=PROFILE, topic_prefix=prefix)
    database = await connect(dsn, application_name="bench", settings=SESSION_SETTINGS)
    try:
        platform = Platform(service=NAME, settings=settings, database=database, clock=settings.clock(), city=_CITY)
        taskbook = Taskbook.on(platform)
        async with database.transaction() as connection:
            await plan_tasks(connection, _tasks(number, datetime.now(UTC)), taskbook=taskbook)
            read = {TopicPartition(topic, 0): datetime.now(UTC) + _FAR for topic in taskbook.hearing.topics.values()}
            await progress.note(connection, read, consumer=CONSUMER)
        while await open_windows(database, taskbook=taskbook):
            pass
        async with database.transaction() as connection:
            await connection.execute("DELETE FROM outbox")
    finally:
        await database.close()


async def end(connection: asyncpg.Connection[Any], number: int) -> Due:
    """Let the last day of all of them end in some seconds, at one instant."""
    due = Due("tasks", number, datetime.now(UTC) + timedelta(seconds=5 + number / 1000))
    async with connection.transaction():
        for statement in _END:
            await connection.execute(statement, due.starts_at)
    return due
