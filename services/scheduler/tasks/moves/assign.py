"""下达: the window of a planned task opened, and its unit is told."""

from __future__ import annotations

import msgspec

from duban_contracts.events.tasks import TaskAssigned, TaskState
from services.scheduler.tasks.model.task import Task, facts
from services.scheduler.tasks.moves.move import Stamp


def assign(task: Task, stamp: Stamp) -> TaskAssigned:
    """Return the event that a planned task is assigned."""
    plan = task.plan
    return TaskAssigned(
        task=msgspec.structs.replace(facts(task), state=TaskState.ASSIGNED),
        actor=stamp.actor,
        occurred_at=stamp.at,
        period_start=plan.period_start,
        period_end=plan.period_end,
        window_start=plan.window_start,
        evidence=plan.evidence,
        figures=plan.figures,
        approvals=plan.approvals,
        source=plan.source,
        assumed=plan.assumed,
    )
