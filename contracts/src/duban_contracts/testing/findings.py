"""What an inspection found, for tests: findings that every door takes, and the event that reports one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.events.findings import TaskFindingReported
from duban_contracts.events.inspections import InspectionFinding
from duban_contracts.events.tasks import TaskFacts, TaskState
from duban_contracts.events.types import Actor, Enterprise
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.claims import COUNTY

INSPECTOR: Final = Actor(account="regulator-140502-1", role="county_regulator", unit="emergency_management")


def finding(reference: str = "1", **fields: Any) -> InspectionFinding:
    """Return a finding of this number; `fields` replace what it says."""
    said: dict[str, Any] = {
        "reference": reference,
        "county": COUNTY,
        "sector": "industry_trade",
        "enterprise": Enterprise(name="示例机械厂（虚构）"),
        "place": "二号车间配电室",
        "description": "配电柜前堆放纸箱，检修通道被占用",
        "found_on": june(1),
    }
    return InspectionFinding(**said | fields)


def inspection(number: str = "RW2026-M3T8WQZ5KD", **fields: Any) -> TaskFacts:
    """Return an inspection of a county's unit that was submitted; `fields` replace what is said of it."""
    said: dict[str, Any] = {
        "task_id": f"task-{number}",
        "number": number,
        "kind": "inspection",
        "title": "节日前安全生产检查",
        "duty_id": "holiday-checks",
        "duty_version": 1,
        "period": "2026-06",
        "due_on": date(2026, 6, 30),
        "due_at": local(1, month=7),
        "county": COUNTY,
        "unit": "emergency_management",
        "state": TaskState.SUBMITTED,
    }
    return TaskFacts(**said | fields)


def found(
    one: InspectionFinding, *, of: TaskFacts | None = None, filing: int = 1, at: datetime | None = None
) -> TaskFindingReported:
    """Return that a submission of the inspection `of` held this finding, at noon on 1 June 2026 unless `at` is given."""
    task = inspection() if of is None else of
    return TaskFindingReported(task=task, actor=INSPECTOR, occurred_at=at or local(1, 12), finding=one, filing=filing)


def published(said: TaskFindingReported) -> CloudEvent:
    """Return what the scheduler publishes of it; the id follows from the cause, as the scheduler's does."""
    task_id = said.task.task_id
    return CloudEvent(
        id=f"{task_id}/{said.finding.reference}/{said.filing}",
        source="/duban/scheduler",
        type=type_of(TaskFindingReported).name,
        data=encode(said),
        time=said.occurred_at,
        subject=task_id,
        partitionkey=task_id,
    )
