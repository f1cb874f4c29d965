"""豁免: it need not be done, with the reason and who approved that."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.tasks import TaskFacts, TaskState, TaskWaived
from duban_contracts.events.types import LongText, ShortText
from services.chassis.access.roles import CITY_OFFICES, DIRECTORS
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp, still_owed


class Waive(msgspec.Struct, frozen=True, kw_only=True):
    """豁免: why, and by which post or document it was approved; never a person's name."""

    reason: LongText
    approved_by: ShortText


def _waive(task: Task, command: Waive, stamp: Stamp, after: TaskFacts) -> Decision:
    del task
    return TaskWaived(
        task=after, actor=stamp.actor, occurred_at=stamp.at, reason=command.reason, approved_by=command.approved_by
    )


WAIVE: Final = Move(
    name="waive",
    zh="豁免任务",
    summary="豁免，须写明理由和批准依据",
    source="SY58",
    command=Waive,
    leads=still_owed(TaskState.WAIVED),
    decide=_waive,
    roles=CITY_OFFICES | DIRECTORS,
    hand=Hand.ANOTHER,
    refusals=("own-task",),
)
