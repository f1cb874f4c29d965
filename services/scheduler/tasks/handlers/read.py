"""Reads that rest on more than one table: coverage over a roster, what a task found, its alarms, the units that said nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from duban_contracts.events.inspections import InspectionFinding
from duban_contracts.events.tasks import TASK
from services.chassis.access.scope import Facts, Scope
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm
from services.scheduler.findings.handlers import findings_of
from services.scheduler.findings.model import FiledFinding
from services.scheduler.rosters.model import COUNTIES, NoSuchRoster, RosterMember, Rosters
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
    return coverage(tasks, [member.on(plan.due_on) for member in members if _inside(member, scope)])


async def findings_within(connection: Connection, task: Task, scope: Scope) -> list[FiledFinding]:
    """Return what a task found, as far as it lies in the reader's area and sectors."""
    found = (await findings_of(connection, [task.task_id])).get(task.task_id, [])
    return [filed for filed in found if scope.covers(_facts_of(filed.finding, task))]


async def alarms_of(connection: Connection, task_id: str) -> list[Alarm]:
    """Return the alarms about a task, in order."""
    return await alarm_table.of_subject(connection, TASK, task_id)


def _facts_of(finding: InspectionFinding, task: Task) -> Facts:
    return Facts(
        county=finding.county, sector=finding.sector, unit=task.plan.lead_unit, enterprise=finding.enterprise.uscc
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
        if _inside(member, scope) and (member.county, member.unit) not in heard
    ]
    return sorted([*found, *silent], key=lambda row: (row.county, row.unit))


def _inside(member: RosterMember, scope: Scope) -> bool:
    return scope.covers(Facts(county=member.county, unit=member.unit))
