"""签收: the unit that owns the task has seen it."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.tasks import TaskAcknowledged, TaskFacts, TaskState
from services.chassis.access.roles import INTEGRATORS, OFFICES, REGULATORS, SUPERVISORS
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp


class Acknowledge(msgspec.Struct, frozen=True, kw_only=True):
    """签收: seen."""


def _acknowledge(task: Task, command: Acknowledge, stamp: Stamp, after: TaskFacts) -> Decision:
    del task, command
    return TaskAcknowledged(task=after, actor=stamp.actor, occurred_at=stamp.at)


ACKNOWLEDGE: Final = Move(
    name="acknowledge",
    zh="签收任务",
    summary="签收",
    source="P3.7",
    command=Acknowledge,
    leads={TaskState.ASSIGNED: TaskState.ACKNOWLEDGED},
    decide=_acknowledge,
    roles=REGULATORS | OFFICES | SUPERVISORS | INTEGRATORS,
    hand=Hand.OWNER,
    refusals=("task-of-another",),
)
