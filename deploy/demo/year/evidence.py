"""What a year left behind: read over HTTP and from the topic, as anybody may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from deploy.demo.year.people import Json
from deploy.demo.year.reckoning import YEAR, Due
from deploy.demo.year.stage import Stage
from duban_contracts.cloudevents import CloudEvent
from services.chassis.testing.kafka import read_all

_PAGE: Final = 200
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Said:
    """One event of a task as the topic has it; `version` is None for reminders, `facts` are the task's after it."""

    event_id: str
    task_id: str
    kind: str
    version: int | None
    time: datetime
    facts: Mapping[str, Any]

    @property
    def deadline(self) -> int:
        """The number of the deadline that was in force."""
        number: int = self.facts["deadline_number"]
        return number


@dataclass(frozen=True)
class Evidence:
    """Tasks and their histories, the units' sums, the coverage of each duty and period, the self-audit, and the topic.

    Each event stands in `said` once, however often the topic has it under its id.
    """

    tasks: Mapping[str, Json]
    histories: Mapping[str, Json]
    units: Sequence[Json]
    coverages: Mapping[tuple[str, str], Json]
    audit: Json
    said: Sequence[Said]

    @property
    def outcome(self) -> frozenset[tuple[object, ...]]:
        """What must be the same however often the schedulers were killed: every task as it ended, and every event.

        An event that people caused is known by task and version, one that the clock caused by its id, which follows
        from what it says.
        """
        tasks = (
            (name, *(task[field] for field in ("number", "state", "late", "due_on", "deadline_number", "version")))
            for name, task in self.tasks.items()
        )
        events = (
            (each.task_id, each.kind, each.version, each.deadline, each.time, _own_id(each)) for each in self.said
        )
        units = (tuple((name, str(value)) for name, value in sorted(row.items())) for row in self.units)
        return frozenset((*tasks, *events, *units))


def _own_id(said: Said) -> str | None:
    return said.event_id if said.version is None or said.kind == "overdue" else None


async def gather(stage: Stage, expected: Iterable[Due], *, patience: float = 60) -> Evidence:
    """Read everything; what the tasks' versions promise is waited for on the topic, until patience (wall seconds) ends."""
    client = stage.client
    tasks = {task["task_id"]: task for task in await client.every("/v1/tasks", limit=_PAGE)}
    histories = {task_id: await client.ask(f"/v1/tasks/{task_id}/history") for task_id in tasks}
    until = f"{stage.steps.now.year}-12-31"
    units = await client.ask("/v1/tasks/by-unit", due_from=f"{YEAR}-01-01", due_to=until)
    begun = {
        (due.duty_id, due.period)
        for due in expected
        if due.county != stage.city.code and tasks.get(due.task_id, {}).get("version")
    }
    coverages = {
        (duty_id, period): await client.ask("/v1/tasks/coverage", duty=duty_id, period=period)
        for duty_id, period in sorted(begun)
    }
    said = await _topic(stage, histories, patience)
    return Evidence(tasks, histories, units["items"], coverages, await client.ask("/v1/audit/tasks"), said)


async def _topic(stage: Stage, histories: Mapping[str, Json], patience: float) -> list[Said]:
    """Return the topic's events, each once, when it holds all that stands in the histories, or patience ends."""
    published = {item["event_id"] for history in histories.values() for item in history["items"]}
    reminders = sum(
        alarm["state"] == "raised" and alarm["kind"] != "overdue"
        for history in histories.values()
        for alarm in history["alarms"]
    )
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        once = {event.id: event for event in await read_all(stage.place.reader, stage.place.topic)}
        whole = published <= once.keys() and len(once) >= len(published) + reminders
        if whole or asyncio.get_running_loop().time() > deadline:
            return [_said(event) for event in once.values()]
        await asyncio.sleep(_LOOK_SECONDS)


def _said(event: CloudEvent) -> Said:
    payload = json.loads(event.data)
    return Said(
        event.id,
        payload["task"]["task_id"],
        event.type.split(".")[2],
        event.aggregateversion,
        datetime.fromisoformat(payload["occurred_at"]),
        payload["task"],
    )
