"""Which alarms a task calls for: reminders ahead of its deadline, one 任务逾期, and one reminder after it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from duban_contracts.events.tasks import TaskState
from services.scheduler.alarms.model import Alarm, AlarmState, Due, ahead, behind, passing
from services.scheduler.alarms.model import changes as alarm_changes
from services.scheduler.tasks.model.policy import TaskPolicy
from services.scheduler.tasks.model.task import OPEN, Task

# Constant for life: it makes the event id of every alarm about a task, by which readers recognise a repetition.
NAMESPACE: Final = UUID("7a1c7f0e-52d4-5b0b-8f3e-64756261e003")


def called_for(task: Task | None, policy: TaskPolicy) -> list[Alarm]:
    """Return the alarms that the deadline in force calls for, raised already or not.

    While a submission waits for its acceptance they are held; what has ended calls for none. A submission after the
    deadline, accepted or not, does not take 任务逾期 back: late is a fact. Nobody is urged about a deadline that had passed
    before the task was asked for, nor reminded of what was just said.
    """
    if task is None or task.owed_since is None or task.due_at <= task.owed_since:
        return []
    due = Due(task.about, task.deadline_number, task.due_on, task.due_at)
    late = [passing(due, AlarmState.ARMED)] if task.filed_late else []
    if task.state in OPEN:
        state = AlarmState.ARMED
    elif task.state is TaskState.SUBMITTED:
        state = AlarmState.HELD
    else:
        return late
    kind, since = task.plan.kind, task.owed_since
    after = policy.after(kind, task.due_at)
    return [
        *(late or [passing(due, state)]),
        *ahead(due, policy.before(kind, task.due_at), state, since=since),
        *([behind(due, after, state)] if after and after > since else []),
    ]


def changes(before: Task | None, after: Task, policy: TaskPolicy) -> list[Alarm]:
    """Return the alarms to write when `before` becomes `after`; of a deadline that passed the alarm is excused."""
    now = after.changed_at
    passed = {before.deadline_number} if before and now and before.due_at < now else set[int]()
    return alarm_changes(called_for(before, policy), called_for(after, policy), passed=passed)
