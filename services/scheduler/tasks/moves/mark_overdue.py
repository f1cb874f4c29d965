"""任务逾期: the deadline passed without a submission; the task is late from now on, whatever follows (SY06)."""

from __future__ import annotations

import msgspec

from duban_contracts.events.tasks import TaskOverdue
from services.scheduler.tasks.model.task import Task, facts
from services.scheduler.tasks.moves.move import Stamp


def mark_overdue(task: Task, stamp: Stamp) -> TaskOverdue:
    """Return the event that the deadline in force has passed."""
    after = msgspec.structs.replace(facts(task), late=True)
    return TaskOverdue(task=after, actor=stamp.actor, occurred_at=stamp.at, about=after.as_subject())
