"""Tasks for those who ask: a list by keyset, counts, and what others still owe. Filters are ANDed; None = no filter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables.rows import task_of
from services.scheduler.tasks.tables.searching import STANDING, Search

Group = Literal["county", "lead_unit", "kind", "state", "late", "plan", "campaign", "phase", "duty_id", "period"]
Position = tuple[date, str]
"""Where a page ended: last day, task id."""

SCOPED: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector", Dimension.UNIT: "lead_unit"}
_EQUAL: Final = {
    "county": "county",
    "kind": "kind",
    "state": "state",
    "late": "late",
    "plan": "plan",
    "campaign": "campaign",
    "duty": "duty_id",
    "period": "period",
    "member": "member_code",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader asks for: `unit` leads or helps, `lead` leads; `due_from` and `due_to` are inclusive.

    `owed` is what a unit still has to do. `text` stands in the title, or the number begins or ends with it; any case will do.
    """

    county: str | None = None
    unit: str | None = None
    lead: str | None = None
    kind: str | None = None
    state: str | None = None
    late: bool | None = None
    owed: bool | None = None
    plan: str | None = None
    campaign: str | None = None
    duty: str | None = None
    period: str | None = None
    member: str | None = None
    due_from: date | None = None
    due_to: date | None = None
    text: str | None = None


def where(scope: Scope, wanted: Filter) -> tuple[str, list[Any]]:
    """Return the conditions beside `text`, and their parameters; only this module's own column names enter the SQL."""
    conditions, values = scope.where(SCOPED)
    conditions.append(STANDING)

    def add(condition: str, value: Any) -> None:
        values.append(value)
        conditions.append(condition.format(f"${len(values)}"))

    for name, column in _EQUAL.items():
        value = getattr(wanted, name)
        if value is not None:
            add(f"{column} = {{0}}", value)
    if wanted.lead is not None:
        add("lead_unit = {0}", wanted.lead)
    if wanted.unit is not None:
        add("(lead_unit = {0} OR position(' ' || {0} || ' ' IN helper_units) > 0)", wanted.unit)
    if wanted.owed is not None:
        conditions.append(f"state {'' if wanted.owed else 'NOT '}IN ('assigned', 'acknowledged', 'returned')")
    if wanted.due_from is not None:
        add("due_on >= {0}", wanted.due_from)
    if wanted.due_to is not None:
        add("due_on <= {0}", wanted.due_to)
    return " AND ".join(conditions), values


async def page(
    connection: Connection, scope: Scope, wanted: Filter, *, after: Position | None, limit: int
) -> list[Task]:
    """Return up to `limit` tasks in order of their last day, behind `after`."""
    conditions, values = where(scope, wanted)
    if after is not None:
        values.extend(after)
        conditions += f" AND (due_on, task_id) > (${len(values) - 1}, ${len(values)})"
    values.append(limit)
    limited = f"${len(values)}"
    order = f"ORDER BY due_on, task_id LIMIT {limited}"
    listed = f"task WHERE {conditions}"
    if wanted.text:
        search = await Search.of(connection, wanted.text, conditions, values)
        listed = f"(SELECT task_id FROM ({search.page(limited)}) AS found {order}) AS held JOIN task USING (task_id)"  # noqa: S608 - ours
    rows = await connection.fetch(f"SELECT task FROM {listed} {order}", *values)  # noqa: S608 - ours
    return [task_of(row["task"]) for row in rows]


async def count(connection: Connection, scope: Scope, wanted: Filter, by: Group | None) -> list[tuple[str | None, int]]:
    """Return (value of `by`, number of tasks) per group; without `by` one row for all."""
    conditions, values = where(scope, wanted)
    columns, group = (f"{by}::text, count(*)", f"GROUP BY {by} ORDER BY {by}") if by else ("NULL, count(*)", "")
    listed = f"task WHERE {conditions}"
    if wanted.text:
        search = await Search.of(connection, wanted.text, conditions, values)
        listed = f"({search.all(by or 'state')}) AS held"
    rows = await connection.fetch(f"SELECT {columns} FROM {listed} {group}", *values)  # noqa: S608 - ours
    return [(row[0], row[1]) for row in rows]


async def of_duty(connection: Connection, duty_id: str, period: str) -> list[Task]:
    """Return the tasks of one duty in one period, in order of their members."""
    rows = await connection.fetch(
        f"""SELECT task FROM task WHERE duty_id = $1 AND period = $2 AND {STANDING}
             ORDER BY county, member_code, task_id""",  # noqa: S608 - ours
        duty_id,
        period,
    )
    return [task_of(row["task"]) for row in rows]


async def awaited(connection: Connection, plan: PlannedTask) -> tuple[str, ...]:
    """Return what the duties that `plan` awaits still owe in its period: titles with who owes them.

    A duty of which no task stands is owed as a whole: nobody may hold the meeting since nobody was asked.
    """
    if not plan.awaits:
        return ()
    rows = await connection.fetch(
        f"""SELECT duty_id, title, coalesce(task -> 'plan' -> 'member' ->> 'name', lead_unit) AS who, state FROM task
             WHERE duty_id = ANY($1::text[]) AND period = $2 AND {STANDING} ORDER BY duty_id, county, member_code""",  # noqa: S608 - ours
        list(plan.awaits),
        plan.period,
    )
    owed = [f"{row['title']}（{row['who']}）" for row in rows if row["state"] in _NOT_FILED]
    unasked = [duty for duty in plan.awaits if duty not in {row["duty_id"] for row in rows}]
    return (*owed, *unasked)


_NOT_FILED: Final = frozenset({"planned", "assigned", "acknowledged", "returned"})
