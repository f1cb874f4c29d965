"""Reads that rest on more than one table: coverage over a roster, what a task found, its alarms, the units that said nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from duban_contracts.events.inspections import InspectionFinding
from duban_contracts.events.tasks import TASK
from services.chassis.access.scope import Facts, Scope
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm
from services.scheduler.findings.handlers import findings_of
from services.scheduler.findings.model import FiledFinding
from services.scheduler.rosters.handlers import inside
from services.scheduler.rosters.model import COUNTIES, NoSuchRoster, Rosters
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.coverage import Coverage, coverage
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables.units import UnitRow, by_unit


def coverage_of(tasks: Sequence[Task], rosters: Rosters, scope: Scope) -> Coverage:
    """Return the coverage of the tasks of one duty in one period over its roster as of their last day.

    Of the roster only those inside the reader's scope count. A roster that the profile has no more is as none.
    """
    plan = tasks[0].plan
    try:
        members = rosters.on(plan.roster, plan.due_on) if plan.roster else None
    except NoSuchRoster:
        members = None
    if members is None:
        return coverage(tasks, None)
    return coverage(tasks, [member.on(plan.due_on) for member in members if inside(member, scope)])


async def findings_within(connection: Connection, task: Task, scope: Scope) -> list[FiledFinding]:
    """Return what a task found, as far as it lies in the reader's area and sectors."""
    found = (await findings_of(connection, [task.task_id])).get(task.task_id, [])
    return [filed for filed in found if scope.covers(_facts_of(filed.finding, task))]


def form_within(form: dict[str, Any] | None, task: Task, scope: Scope) -> dict[str, Any] | None:
    """Return a form as it was filled in, and of what was found only what lies in the reader's area and sectors."""
    found = form.get("findings") if form else None
    if form is None or not isinstance(found, list):
        return form
    return {**form, "findings": [each for each in found if scope.covers(_facts_said(each, task))]}


async def alarms_of(connection: Connection, task_id: str) -> list[Alarm]:
    """Return the alarms about a task, in order."""
    return await alarm_table.of_subject(connection, TASK, task_id)


def _facts_of(finding: InspectionFinding, task: Task) -> Facts:
    return Facts(
        county=finding.county, sector=finding.sector, unit=task.plan.lead_unit, enterprise=finding.enterprise.uscc
    )


def _facts_said(finding: Any, task: Task) -> Facts:
    """Return the facts of a finding as it was filed; what none can be read from lies outside of every bounded scope."""
    said = finding if isinstance(finding, dict) else {}
    enterprise = said.get("enterprise")
    return Facts(
        county=said.get("county"),
        sector=said.get("sector"),
        unit=task.plan.lead_unit,
        enterprise=enterprise.get("uscc") if isinstance(enterprise, dict) else None,
    )


async def units_of(
    connection: Connection,
    scope: Scope,
    *,
    due_from: date,
    due_to: date,
    kind: str | None,
    deps: tuple[Taskbook, Rosters],
) -> list[UnitRow]:
    """Return the sums of every unit that was asked, and a row of zeros for every county that was not."""
    taskbook, rosters = deps
    found = await by_unit(connection, scope, due_from=due_from, due_to=due_to, now=taskbook.clock.now(), kind=kind)
    heard = {(row.county, row.unit) for row in found}
    silent = [
        UnitRow(member.county, member.unit)
        for member in rosters.on(COUNTIES, due_to)
        if inside(member, scope) and (member.county, member.unit) not in heard
    ]
    return sorted([*found, *silent], key=lambda row: (row.county, row.unit))
