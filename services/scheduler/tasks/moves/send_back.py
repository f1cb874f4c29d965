"""退回: what was submitted is wanting; it has to be submitted again."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.tasks import TaskFacts, TaskReturned, TaskState
from duban_contracts.events.types import LongText
from services.chassis.access.roles import DIRECTORS, OFFICES
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import (
    Decision,
    Hand,
    Move,
    Stamp,
    another_checks,
    deadline_holds,
    with_deadline,
)


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """退回: why, and until when it has to be submitted again.

    Without `due_on` the deadline in force stays while it is ahead; else the city's policy gives some days.
    """

    reason: LongText
    due_on: date | None = None


def _return(task: Task, command: Return, stamp: Stamp, after: TaskFacts) -> Decision:
    if refused := another_checks(task, stamp):
        return refused
    due_on = command.due_on
    if due_on is not None and (refused := deadline_holds(due_on, stamp)):
        return refused
    if due_on is None and task.due_at <= stamp.at:
        due_on = stamp.policy.again_on(stamp.today)
    if due_on is not None:
        after = with_deadline(after, due_on, stamp)
    return TaskReturned(task=after, actor=stamp.actor, occurred_at=stamp.at, reason=command.reason)


RETURN: Final = Move(
    name="return",
    zh="退回任务",
    summary="退回，限期重报",
    source="S0-9",
    command=Return,
    leads={TaskState.SUBMITTED: TaskState.RETURNED},
    decide=_return,
    roles=OFFICES | DIRECTORS,
    hand=Hand.ANOTHER,
    refusals=("own-task", "own-submission", "task-due-in-the-past", "task-due-too-far"),
)
