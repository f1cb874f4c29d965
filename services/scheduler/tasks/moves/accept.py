"""办结: another hand than the submitter's checked it, and nothing that is demanded is missing (SY09)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.tasks import TaskAccepted, TaskFacts, TaskState
from duban_contracts.events.types import LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import DIRECTORS, OFFICES
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp, another_checks

_SHOWN: Final = 20


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """办结: checked; `review` says how."""

    review: LongText


def _accept(task: Task, command: Accept, stamp: Stamp, after: TaskFacts) -> Decision:
    if refused := another_checks(task, stamp):
        return refused
    if lacking := (*task.lacking, *stamp.awaited):
        shown = "、".join(lacking[:_SHOWN])
        return refusal("task-incomplete", lacking=shown if len(lacking) <= _SHOWN else f"{shown}等 {len(lacking)} 项")
    return TaskAccepted(task=after, actor=stamp.actor, occurred_at=stamp.at, review=command.review)


ACCEPT: Final = Move(
    name="accept",
    zh="办结任务",
    summary="审核通过，办结",
    source="S0-2, S4 part 6(6)",
    command=Accept,
    leads={TaskState.SUBMITTED: TaskState.ACCEPTED},
    decide=_accept,
    roles=OFFICES | DIRECTORS,
    hand=Hand.ANOTHER,
    refusals=("own-task", "own-submission", "task-incomplete"),
)
