"""取消: assigned by mistake, or what it was for is there no more."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.tasks import TaskCancelled, TaskFacts, TaskState
from duban_contracts.events.types import LongText
from services.chassis.access.roles import CITY_OFFICES, DIRECTORS
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp, still_owed


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    """取消: why."""

    reason: LongText


def _cancel(task: Task, command: Cancel, stamp: Stamp, after: TaskFacts) -> Decision:
    del task
    return TaskCancelled(task=after, actor=stamp.actor, occurred_at=stamp.at, reason=command.reason)


CANCEL: Final = Move(
    name="cancel",
    zh="取消任务",
    summary="取消，须写明理由",
    source="SY03",
    command=Cancel,
    leads=still_owed(TaskState.CANCELLED),
    decide=_cancel,
    roles=CITY_OFFICES | DIRECTORS,
    hand=Hand.ANYBODY,
)
