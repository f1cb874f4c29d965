"""A task, its history, its form. What HTTP takes are the moves' own commands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Self

import msgspec
from fastapi import Path
from msgspec import Meta

from duban_contracts.codec import lookup
from duban_contracts.events.inspections import InspectionFinding
from duban_contracts.events.tasks import Member, Source, TaskEvidence, TaskState
from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.scheduler.alarms.model import Alarm, AlarmState, Kind
from services.scheduler.findings.model import FiledFinding, FoundHazard, NotRecorded
from services.scheduler.tasks.handlers.forms import Form
from services.scheduler.tasks.model.task import Approval, Task
from services.scheduler.tasks.tables.rows import PublishedEvent

TaskName = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="任务标识或编号")]
"""A task's id or number, as a path names it."""


class TaskFinding(Document, frozen=True, kw_only=True):
    """A finding as it was filed last under its reference, and what became of it.

    `hazard` is the entry of the 隐患台账 that came of it, `refusal` why the ledger could not record this filing; with neither
    it is on its way.
    """

    finding: InspectionFinding
    filing: int
    filed_at: datetime
    hazard: FoundHazard | None
    refusal: NotRecorded | None

    @classmethod
    def of(cls, filed: FiledFinding) -> Self:
        """Return the document of a finding."""
        return cls(**{name: getattr(filed, name) for name in cls.__struct_fields__})


class TaskDocument(Document, frozen=True, kw_only=True):
    """A task; instants are UTC, `due_on` is inclusive, in the city's time zone."""

    task_id: str
    number: str
    version: Annotated[int, Meta(description="0 while it is only planned")]
    state: TaskState
    late: Annotated[bool, Meta(description="stays: a deadline passed without a filing, or the filing came after it")]
    kind: str
    title: str
    duty_id: str
    duty_version: int
    period: str
    period_start: date
    period_end: date
    window_start: date
    due_on: date
    due_at: datetime
    deadline_number: int
    county: str
    lead_unit: Annotated[str, Meta(description="牵头单位，任务的责任主体")]
    helper_units: tuple[str, ...]
    member: Member | None
    sectors: tuple[str, ...]
    evidence_demanded: tuple[str, ...]
    figures_demanded: tuple[str, ...]
    approvals_demanded: tuple[str, ...]
    lacking: Annotated[tuple[str, ...], Meta(description="what is demanded and not there yet")]
    plan: str | None
    campaign: str | None
    phase: str | None
    source: Source | None
    printed: str | None
    assumed: tuple[str, ...]
    assigned_at: datetime | None
    acknowledged_at: datetime | None
    submitted_at: datetime | None
    ended_at: datetime | None
    summary: str | None
    evidence: tuple[TaskEvidence, ...]
    figures: dict[str, float]
    approvals: tuple[Approval, ...]
    returned_count: int
    reason: str | None

    @classmethod
    def of(cls, task: Task) -> Self:
        """Return the document of a task."""
        plan = task.plan
        demanded = {"evidence": plan.evidence, "figures": plan.figures, "approvals": plan.approvals}
        own = {name: getattr(task, name) for name in cls.__struct_fields__ if hasattr(task, name) and name != "plan"}
        planned = {
            name: getattr(plan, name) for name in cls.__struct_fields__ if hasattr(plan, name) and name not in own
        }
        return cls(**{**planned, **own, **{f"{name}_demanded": value for name, value in demanded.items()}})


class WholeTask(TaskDocument, frozen=True, kw_only=True):
    """One task with what it found; `findings` are those within the reader's area and sectors.

    `lacking` names those of them that the ledger refused, too; they alone don't keep the task from being accepted.
    """

    findings: tuple[TaskFinding, ...]

    @classmethod
    def and_found(cls, task: Task, findings: Iterable[FiledFinding]) -> Self:
        """Return the document of a task and of these findings."""
        shown = tuple(map(TaskFinding.of, findings))
        refused = (f"检查发现 {each.finding.reference}（台账不予受理）" for each in shown if each.refusal is not None)
        plain = msgspec.structs.asdict(TaskDocument.of(task))
        return cls(**{**plain, "lacking": (*task.lacking, *refused)}, findings=shown)


class TaskAlarm(Document, frozen=True, kw_only=True):
    """A reminder or 任务逾期 of a task: when it goes out, and whether it did."""

    kind: Kind
    deadline_number: int
    days_before: int
    fires_at: datetime
    state: AlarmState
    raised_at: datetime | None

    @classmethod
    def of(cls, alarm: Alarm) -> Self:
        """Return the document of an alarm."""
        return cls(
            kind=alarm.kind,
            deadline_number=alarm.due.number,
            days_before=alarm.days_before,
            fires_at=alarm.fires_at,
            state=alarm.state,
            raised_at=alarm.raised_at,
        )


class TaskHistoryItem(Document, frozen=True, kw_only=True):
    """One event of a task, as it was published."""

    version: int
    event_id: str
    type: str
    title: str
    time: datetime
    payload: msgspec.Raw

    @classmethod
    def of(cls, said: PublishedEvent) -> Self:
        """Return the item of what was said."""
        return cls(
            version=said.version,
            event_id=said.event_id,
            type=said.type,
            title=lookup(said.type).title_zh,
            time=said.time,
            payload=msgspec.Raw(said.payload),
        )


class TaskHistory(Document, frozen=True, kw_only=True):
    """A task's whole history, oldest first, its alarms, and the form that was filled in last."""

    items: list[TaskHistoryItem]
    alarms: list[TaskAlarm]
    form: dict[str, Any] | None


class FormDocument(Document, frozen=True, kw_only=True):
    """The form of a kind of task (JSON Schema 2020-12); a submission is held to it."""

    kind: str
    title: str
    required: bool
    findings: Annotated[bool, Meta(description="a submission may hold what was found: each becomes a hazard")]
    schema: dict[str, Any]

    @classmethod
    def of(cls, kind: str, form: Form) -> Self:
        """Return the document of a form."""
        return cls(kind=kind, title=form.title, required=form.required, findings=form.findings, schema=form.schema)


class FormList(Document, frozen=True, kw_only=True):
    """The forms of all kinds that have one."""

    items: list[FormDocument]


class ByDueDay(Cursor, frozen=True, kw_only=True, tag="tasks"):
    """Where a page of tasks ends."""

    due_on: date
    task_id: str
