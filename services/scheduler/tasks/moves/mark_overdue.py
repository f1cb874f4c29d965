"""任务逾期: the deadline passed without a submission; the task is late from now on, whatever follows (SY06)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from duban_contracts.events.tasks import TaskOverdue
from services.scheduler.tasks.model.task import Task, facts


def mark_overdue(task: Task, at: datetime) -> TaskOverdue:
    """Return the event that the deadline in force has passed, as said `at` this instant (UTC)."""
    after = msgspec.structs.replace(facts(task), late=True)
    return TaskOverdue(task=after, occurred_at=at, about=after.as_subject())
