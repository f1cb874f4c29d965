"""What the self-audit of tasks says: each finding with what should have been."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from duban_contracts.events.tasks import TaskState
from services.scheduler.tasks.model.task import Task


class Discrepancy(enum.StrEnum):
    """What differs between a task and what follows from it."""

    NOT_ASSIGNED = "not_assigned"
    NOT_RAISED = "not_raised"
    COUNTY_BEHIND = "county_behind"
    NOT_MARKED_LATE = "not_marked_late"
    ALARM_MISSING = "alarm_missing"
    ALARM_LEFT = "alarm_left"


@dataclass(frozen=True, slots=True)
class TaskDiscrepancy:
    """Something that is not as it should be, about one deadline of one task."""

    task_id: str
    number: str
    county: str
    lead_unit: str
    state: TaskState
    deadline_number: int
    due_at: datetime
    reason: Discrepancy

    @classmethod
    def about(cls, task: Task, reason: Discrepancy) -> TaskDiscrepancy:
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
