"""责令补办: what is late has to be made up by a new day. It stays late."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.tasks import TaskFacts, TaskRenewed, TaskState
from duban_contracts.events.types import LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import DIRECTORS, OFFICES
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp, deadline_holds, staying, with_deadline


class Renew(msgspec.Struct, frozen=True, kw_only=True):
    """责令补办: why, and the last day, inclusive."""

    reason: LongText
    due_on: date


def _renew(task: Task, command: Renew, stamp: Stamp, after: TaskFacts) -> Decision:
    if not task.late:
        return refusal("task-not-late")
    if refused := deadline_holds(command.due_on, stamp):
        return refused
    return TaskRenewed(
        task=with_deadline(after, command.due_on, stamp),
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
    )


RENEW: Final = Move(
    name="renew",
    zh="责令补办任务",
    summary="责令补办：逾期未报的限期补办，逾期记录保留",
    source="P3.7",
    command=Renew,
    leads=staying(TaskState.ASSIGNED, TaskState.ACKNOWLEDGED, TaskState.RETURNED),
    decide=_renew,
    roles=OFFICES | DIRECTORS,
    hand=Hand.ANOTHER,
    refusals=("own-task", "task-not-late", "task-due-in-the-past", "task-due-too-far"),
)
