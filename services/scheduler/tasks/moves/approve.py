"""审定: the director or a deputy gives an approval without which the task can't be done (S0-2; SY09)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.tasks import TaskApproved, TaskFacts, TaskState
from duban_contracts.events.types import Code, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import DIRECTORS
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp, staying


class Approve(msgspec.Struct, frozen=True, kw_only=True):
    """审定: which of the approvals that are demanded, and in which words."""

    approval: Code
    remark: LongText


def _approve(task: Task, command: Approve, stamp: Stamp, after: TaskFacts) -> Decision:
    given = {each.code for each in task.approvals}
    if command.approval not in task.plan.approvals or command.approval in given:
        return refusal("approval-not-demanded", field="approval", approval=command.approval)
    return TaskApproved(
        task=after, actor=stamp.actor, occurred_at=stamp.at, approval=command.approval, remark=command.remark
    )


APPROVE: Final = Move(
    name="approve",
    zh="审定任务",
    summary="安委会主任或副主任审定",
    source="S0-2",
    command=Approve,
    leads=staying(TaskState.ASSIGNED, TaskState.ACKNOWLEDGED, TaskState.SUBMITTED, TaskState.RETURNED),
    decide=_approve,
    roles=DIRECTORS,
    hand=Hand.ANYBODY,
    refusals=("approval-not-demanded",),
)
