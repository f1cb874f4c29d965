"""A task as the fold of its events: what was planned, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, TypeVar

import msgspec

from duban_contracts.events.tasks import (
    TaskAcknowledged,
    TaskApproved,
    TaskAssigned,
    TaskEvent,
    TaskEvidence,
    TaskFacts,
    TaskRenewed,
    TaskReturned,
    TaskState,
    TaskSubmitted,
    TaskSupplemented,
)
from duban_contracts.events.types import Subject
from services.scheduler.tasks.model.planned import PlannedTask

_E = TypeVar("_E", bound=TaskEvent)
_Kept = dict[str, object]
# Crockford's letters: none is taken for a digit when it is read out over the telephone.
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS: Final = tuple(first + second for first in _LETTERS for second in _LETTERS)

OPEN: Final = frozenset({TaskState.ASSIGNED, TaskState.ACKNOWLEDGED, TaskState.RETURNED})
"""The states in which the unit owes something."""
NAMES: Final = {
    TaskState.PLANNED: "计划",
    TaskState.ASSIGNED: "已下达",
    TaskState.ACKNOWLEDGED: "已签收",
    TaskState.SUBMITTED: "已报送",
    TaskState.RETURNED: "已退回",
    TaskState.ACCEPTED: "已办结",
    TaskState.WAIVED: "已豁免",
    TaskState.CANCELLED: "已取消",
}


class Approval(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An approval (审定) that was given: which, by which account, when (UTC)."""

    code: str
    account: str
    at: datetime


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A task; `version` is the number of its newest event, 0 while it is only planned.

    `due_on` and `due_at` are those in force, the `deadline_number`th. `late` stays: a deadline passed without a
    submission, or a submission came after it. `owed_since` is when it was assigned, returned or renewed. `summary`, `evidence` and `figures` are those that stand: a return takes the
    proofs back.
    """

    plan: PlannedTask
    state: TaskState
    due_on: date
    due_at: datetime
    version: int = 0
    deadline_number: int = 1
    late: bool = False
    assigned_at: datetime | None = None
    owed_since: datetime | None = None
    acknowledged_at: datetime | None = None
    submitted_at: datetime | None = None
    submitted_by: str | None = None
    summary: str | None = None
    evidence: tuple[TaskEvidence, ...] = ()
    figures: dict[str, float] = {}
    form_sha256: str | None = None
    approvals: tuple[Approval, ...] = ()
    returned_count: int = 0
    reason: str | None = None
    ended_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def task_id(self) -> str:
        """Its id."""
        return self.plan.task_id

    @property
    def number(self) -> str:
        """What people call it: RW, the year of its period, ten letters that follow from its id."""
        return number_of(self.task_id, self.plan.period_start.year)

    @property
    def filed_late(self) -> bool:
        """Whether what was filed, and stands, came after the deadline in force."""
        filed = self.state in {TaskState.SUBMITTED, TaskState.ACCEPTED}
        return filed and self.submitted_at is not None and self.submitted_at > self.due_at

    @property
    def about(self) -> Subject:
        """The task as the subject of an alarm."""
        return facts(self).as_subject()

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is demanded and not there yet: figures, proofs, approvals. Nothing of it may be missing when it is done."""
        proofs = {each.demand for each in self.evidence}
        given = {each.code for each in self.approvals}
        return (
            *(figure for figure in self.plan.figures if figure not in self.figures),
            *(demand for demand in self.plan.evidence if demand not in proofs),
            *(approval for approval in self.plan.approvals if approval not in given),
        )


def planned(plan: PlannedTask, due_at: datetime) -> Task:
    """Return the task of a plan whose last day is over at `due_at` (UTC)."""
    return Task(plan=plan, state=TaskState.PLANNED, due_on=plan.due_on, due_at=due_at)


def number_of(task_id: str, year: int) -> str:
    """Return the number of a task; fifty bits of its id, so that among a million two are alike once in two thousand times."""
    bits = int(task_id[-14:].replace("-", ""), 16) & (2**50 - 1)
    pairs = _PAIRS[bits >> 40], _PAIRS[bits >> 30 & 1023], _PAIRS[bits >> 20 & 1023], _PAIRS[bits >> 10 & 1023]
    return f"RW{year}-{''.join(pairs)}{_PAIRS[bits & 1023]}"


def facts(task: Task) -> TaskFacts:
    """Return what every event of the contract says about the task."""
    plan, task_id = task.plan, task.task_id
    return TaskFacts(
        task_id=task_id,
        number=number_of(task_id, plan.period_start.year),
        kind=plan.kind,
        title=plan.title,
        duty_id=plan.duty_id,
        duty_version=plan.duty_version,
        period=plan.period,
        due_on=task.due_on,
        due_at=task.due_at,
        deadline_number=task.deadline_number,
        county=plan.county,
        unit=plan.lead_unit,
        helpers=plan.helper_units,
        member=plan.member,
        sectors=plan.sectors,
        state=task.state,
        late=task.late,
        plan=plan.plan,
        campaign=plan.campaign,
        phase=plan.phase,
    )


def evolve(task: Task | None, event: TaskEvent) -> Task:
    """Return the task after `event`; raises ValueError where the events can't be one task's history."""
    if task is None:
        raise ValueError("a task is planned before it has a history")
    if isinstance(event, TaskAssigned) != (task.version == 0):
        raise ValueError(f"the history of task {task.task_id} begins with task.assigned, once")
    said = event.task
    if said.task_id != task.task_id:
        raise ValueError(f"event of task {said.task_id} applied to {task.task_id}")
    ended = said.state in {TaskState.ACCEPTED, TaskState.WAIVED, TaskState.CANCELLED}
    return msgspec.structs.replace(
        task,
        version=task.version + 1,
        state=said.state,
        due_on=said.due_on,
        due_at=said.due_at,
        deadline_number=said.deadline_number,
        late=said.late,
        ended_at=(task.ended_at or event.occurred_at) if ended else None,
        reason=getattr(event, "reason", task.reason),
        changed_at=event.occurred_at,
        **_particulars(task, event),
    )


def _particulars(task: Task, event: TaskEvent) -> _Kept:
    keeps = _KEEPS.get(type(event))
    return keeps(task, event) if keeps else {}


def _keeps(kind: type[_E], keeps: Callable[[Task, _E], _Kept]) -> tuple[type[TaskEvent], Callable[[Task, Any], _Kept]]:
    return kind, keeps


# Event type -> the fields that it changes beyond the facts. A type without an entry changes no more than those.
_KEEPS: Final = dict(
    (
        _keeps(TaskAssigned, lambda _, event: {"assigned_at": event.occurred_at, "owed_since": event.occurred_at}),
        _keeps(TaskAcknowledged, lambda _, event: {"acknowledged_at": event.occurred_at}),
        _keeps(
            TaskSubmitted,
            lambda task, event: {
                "submitted_at": event.submitted_at,
                "submitted_by": event.actor.account,
                "acknowledged_at": task.acknowledged_at or event.occurred_at,
                "summary": event.summary,
                "evidence": (*task.evidence, *event.evidence),
                "figures": event.figures,
                "form_sha256": event.form_sha256,
            },
        ),
        _keeps(TaskSupplemented, lambda task, event: {"evidence": (*task.evidence, *event.evidence)}),
        _keeps(
            TaskApproved,
            lambda task, event: {
                "approvals": (
                    *task.approvals,
                    Approval(code=event.approval, account=event.actor.account, at=event.occurred_at),
                )
            },
        ),
        _keeps(
            TaskReturned,
            lambda task, event: {
                "returned_count": task.returned_count + 1,
                "evidence": (),
                "owed_since": event.occurred_at,
            },
        ),
        _keeps(TaskRenewed, lambda _, event: {"owed_since": event.occurred_at}),
    )
)
