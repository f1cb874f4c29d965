"""下达: the window of a planned task opened, and its unit is told."""

from __future__ import annotations

from datetime import datetime

import msgspec

from duban_contracts.events.tasks import TaskAssigned, TaskState
from services.scheduler.tasks.model.task import Task, facts


def assign(task: Task, at: datetime) -> TaskAssigned:
    """Return the event that a planned task is assigned `at` this instant (UTC)."""
    plan = task.plan
    return TaskAssigned(
        task=msgspec.structs.replace(facts(task), state=TaskState.ASSIGNED),
        occurred_at=at,
        period_start=plan.period_start,
        period_end=plan.period_end,
        window_start=plan.window_start,
        evidence=plan.evidence,
        figures=plan.figures,
        approvals=plan.approvals,
        source=plan.source,
        assumed=plan.assumed,
    )
