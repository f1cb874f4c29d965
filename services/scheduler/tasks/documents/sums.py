"""Counts, coverage, and what each unit did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from duban_contracts.events.tasks import TaskState
from services.chassis.web.documents import Document
from services.scheduler.tasks.documents.task import TaskDocument
from services.scheduler.tasks.model.coverage import Coverage, MemberCoverage
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables.units import UnitRow


class TaskGroup(Document, frozen=True, kw_only=True):
    """How many tasks have this value; null stands for none."""

    value: str | None
    count: int


class TaskCount(Document, frozen=True, kw_only=True):
    """How many tasks there are, and how many of each value."""

    total: int
    groups: list[TaskGroup]


class CoverageLine(Document, frozen=True, kw_only=True):
    """One member of the roster, and its task; without one it was never asked."""

    code: str
    name: str
    done: bool
    task_id: str | None
    number: str | None
    state: TaskState | None
    late: bool
    submitted_at: datetime | None

    @classmethod
    def of(cls, line: MemberCoverage) -> Self:
        """Return the document of a line."""
        task = line.task
        return cls(
            code=line.member.code,
            name=line.member.name,
            done=line.done,
            task_id=task.task_id if task else None,
            number=task.number if task else None,
            state=task.state if task else None,
            late=task.late if task else False,
            submitted_at=task.submitted_at if task else None,
        )


class CoverageDocument(Document, frozen=True, kw_only=True):
    """年度全覆盖: of `total` members `done` have done it. `outside` are tasks of those who left the roster."""

    duty_id: str
    period: str
    title: str
    roster: str | None
    due_on: date
    done: int
    total: int
    lines: list[CoverageLine]
    outside: list[TaskDocument]

    @classmethod
    def of(cls, tasks: Sequence[Task], found: Coverage) -> Self:
        """Return the coverage of the tasks of one duty in one period."""
        plan = tasks[0].plan
        return cls(
            duty_id=plan.duty_id,
            period=plan.period,
            title=plan.title,
            roster=plan.roster,
            due_on=plan.due_on,
            done=found.done,
            total=found.total,
            lines=[CoverageLine.of(line) for line in found.lines],
            outside=[TaskDocument.of(task) for task in found.outside],
        )


class UnitItem(Document, frozen=True, kw_only=True):
    """One unit: `on_time` + `late` + `missing` + `open` + `waived` are `assigned`."""

    county: str
    unit: str
    assigned: int
    seen: int
    on_time: int
    late: int
    missing: Annotated[int, Meta(description="owed, and the deadline is over")]
    open: Annotated[int, Meta(description="owed, and the deadline is ahead")]
    waived: int
    last_assigned_at: datetime | None
    last_seen_at: datetime | None
    last_filed_at: datetime | None

    @classmethod
    def of(cls, row: UnitRow) -> Self:
        """Return the document of a row."""
        return msgspec.convert(row, cls, from_attributes=True)


class UnitList(Document, frozen=True, kw_only=True):
    """Every unit that was asked for something, and every county, asked or not: silence is a row, not an absence."""

    items: list[UnitItem]
