"""The taskbook: what one transaction does to tasks, and the only door to them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.days import Zone
from duban_contracts.deadlines.calendar import load_days
from duban_contracts.profile import read
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.assembly import Platform
from services.chassis.process.clock import Clock
from services.chassis.publishing.unit_of_work import Change, Copy, Reactions, Stream, UnitOfWork
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.calendar.handlers import fingerprint
from services.scheduler.findings.handlers import Findings
from services.scheduler.tasks.handlers.forms import NO_FORMS, Forms, load_forms
from services.scheduler.tasks.handlers.hearing import NOBODY, Hearing
from services.scheduler.tasks.model.called_for import changes as alarm_changes
from services.scheduler.tasks.model.policy import TaskPolicy, TaskPolicyFile, policy_of
from services.scheduler.tasks.model.task import Task, evolve
from services.scheduler.tasks.tables import rows

SOURCE: Final = "/duban/scheduler"
POLICY: Final = "tasks.json"


@dataclass(frozen=True, kw_only=True)
class Taskbook:
    """What whoever writes tasks needs to know of the installation. `city` is its division code, `forms` what kinds record.

    `findings` is the door of what inspections found. `basis` changes when somebody edits the files by which reminders are
    planned. `hearing` is how far the counties' own topics are read; `told_on` the topic on which each county hears of its
    tasks.
    """

    clock: Clock
    policy: TaskPolicy
    topic: str
    city: str
    reactions: Reactions
    findings: Findings
    forms: Forms = NO_FORMS
    basis: bytes = b""
    hearing: Hearing = NOBODY
    told_on: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, platform: Platform[Any]) -> Taskbook:
        """Return the taskbook of this platform; raises ProfileError for an unusable calendar or tasks.json."""
        return cls(
            clock=platform.clock,
            policy=load_task_policy(platform.settings.profile, Zone(platform.city.timezone)),
            topic=platform.topic(TopicFamily.TASK),
            city=platform.city.code,
            reactions=platform.reactions,
            findings=Findings(city=platform.city, topic=platform.topic(TopicFamily.TASK)),
            forms=load_forms(platform.settings.profile),
            basis=_basis(platform.settings.profile),
            hearing=Hearing.on(platform),
            told_on={
                county.code: feedback_topic(county.code, platform.settings.topic_prefix)
                for county in platform.city.counties
            },
        )

    def copy(self, task: Task, event: CloudEvent) -> Copy | None:
        """Return the event as its county hears of it; None where the task is no county's."""
        topic = self.told_on.get(task.plan.county)
        return None if topic is None else (topic, msgspec.structs.replace(event, partitionkey=task.number))


def load_task_policy(profile: Path, zone: Zone) -> TaskPolicy:
    """Return the policy on tasks of a profile: what tasks.json leaves out, or all of it, is as the source documents say."""
    path = profile / POLICY
    file = read(path, TaskPolicyFile) if path.exists() else TaskPolicyFile()
    return policy_of(load_days(profile, zone), file)


def _basis(profile: Path) -> bytes:
    path = profile / POLICY
    return hashlib.sha256(fingerprint(profile) + (path.read_bytes() if path.exists() else b"")).digest()


@asynccontextmanager
async def moving(
    connection: Connection, task_ids: Sequence[str], *, taskbook: Taskbook, held: Sequence[Task] | None = None
) -> AsyncIterator[UnitOfWork[Task]]:
    """Give the unit of work of these tasks in the caller's transaction, and write it when the block ends well.

    Tasks are locked before their alarms, in order of id, by everybody: one of two that meet waits, and none waits for
    the other. `held` are the tasks where the caller has locked them.
    """
    if held is None:
        held = await rows.lock(connection, sorted(set(task_ids)))
    unit = UnitOfWork[Task](
        stream=_stream(taskbook),
        # Read after the locks: who comes second also comes later.
        at=taskbook.clock.now(),
        loaded={task.task_id: task for task in held},
        reactions=taskbook.reactions,
    )
    yield unit
    await unit.write(connection)


def _stream(taskbook: Taskbook) -> Stream[Task]:
    async def save(connection: Connection, changes: Sequence[Change[Task]]) -> None:
        await rows.save(connection, changes)
        first: dict[str, Task | None] = {}
        for change in changes:
            first.setdefault(change.after.task_id, change.before)
        latest = {change.after.task_id: change.after for change in changes}
        await alarm_table.save(
            connection,
            [
                alarm
                for task_id, after in sorted(latest.items())
                for alarm in alarm_changes(first[task_id], after, taskbook.policy)
            ],
        )

    return Stream(
        source=SOURCE,
        topic=taskbook.topic,
        key_of=lambda event: event.task.task_id,
        evolve=evolve,
        version_of=lambda task: task.version,
        save=save,
        copy=lambda task, _, event: taskbook.copy(task, event),
    )
