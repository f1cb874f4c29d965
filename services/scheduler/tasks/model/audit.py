"""What the self-audit of tasks says: each finding with what should have been."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from duban_contracts.events.tasks import TaskState
from services.scheduler.alarms.model import Alarm, AlarmState, Kind
from services.scheduler.tasks.model.called_for import called_for
from services.scheduler.tasks.model.policy import TaskPolicy
from services.scheduler.tasks.model.task import Task

# What an alarm may be where another state is called for: said or let go before, and final.
_FINAL = frozenset({AlarmState.RAISED, AlarmState.LAPSED, AlarmState.EXCUSED})


class Reason(enum.StrEnum):
    """Why something is a finding."""

    NOT_ASSIGNED = "not_assigned"
    NOT_RAISED = "not_raised"
    NOT_MARKED_LATE = "not_marked_late"
    ALARM_MISSING = "alarm_missing"
    ALARM_LEFT = "alarm_left"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, about one deadline of one task."""

    task_id: str
    number: str
    county: str
    lead_unit: str
    state: TaskState
    deadline_number: int
    due_at: datetime
    reason: Reason

    @classmethod
    def about(cls, task: Task, reason: Reason) -> Finding:
        """Return the finding about the deadline in force of `task`."""
        plan = task.plan
        return cls(
            task.task_id,
            task.number,
            plan.county,
            plan.lead_unit,
            task.state,
            task.deadline_number,
            task.due_at,
            reason,
        )


def alarms_missing(task: Task, alarms: Iterable[Alarm], policy: TaskPolicy) -> bool:
    """Return whether the deadline in force lacks its 任务逾期, or has it in another state than is called for.

    Reminders are not compared: an edited calendar moves them, and a lapsed one is as good.
    """
    wanted = [alarm for alarm in called_for(task, policy) if alarm.kind is Kind.OVERDUE]
    there = {alarm.key: alarm for alarm in alarms}
    return any(
        (found := there.get(alarm.key)) is None
        or (found.state not in _FINAL and (found.state, found.fires_at) != (alarm.state, alarm.fires_at))
        for alarm in wanted
    )
