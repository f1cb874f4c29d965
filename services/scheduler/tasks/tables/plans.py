"""Planning rows in bulk: what is new is written, what only stands in a plan is revised, what has begun is left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from typing import Final

import msgspec

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.chassis.storage.locks import hold_names
from services.scheduler.tasks.model.task import Task, number_of


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A planned task on its way into the table; what is costly is reckoned once."""

    task_id: str
    digest: bytes
    opens_at: datetime
    task: Task


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What a plan shows of a task; `done_on` is the day of the submission that was accepted, else None."""

    task_id: str
    number: str
    kind: str
    title: str
    duty_id: str
    period: str
    due_on: date
    county: str
    lead_unit: str
    helper_units: tuple[str, ...]
    sectors: tuple[str, ...]
    member_code: str | None
    state: str
    late: bool
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class DoneRow:
    """How a task of a duty stands; `submitted_at` is when the newest submission came."""

    period: str
    ordinal: int
    member_code: str | None
    county: str
    lead_unit: str
    sector: str | None
    state: str
    late: bool
    due_on: date
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlannedBefore:
    """A task that stands, and whether it only stands in a plan yet."""

    task_id: str
    duty_id: str
    period: str
    member_code: str | None
    due_on: date
    lead_unit: str
    only_planned: bool


_COLUMNS: Final = Columns[TaskRow](
    {
        "task_id": "text",
        "number": ("text", lambda row: number_of(row.task_id, row.task.plan.period_start.year)),
        "digest": "bytea",
        "opens_at": "timestamptz",
        "duty_id": ("text", "task.plan.duty_id"),
        "duty_version": ("int", "task.plan.duty_version"),
        "period": ("text", "task.plan.period"),
        "period_end": ("date", "task.plan.period_end"),
        "kind": ("text", "task.plan.kind"),
        "title": ("text", "task.plan.title"),
        "county": ("text", "task.plan.county"),
        "lead_unit": ("text", "task.plan.lead_unit"),
        "helper_units": ("text", lambda row: " ".join(("", *row.task.plan.helper_units, ""))),
        "sector": ("text", "task.plan.sector"),
        "member_kind": ("text", lambda row: row.task.plan.member.kind.value if row.task.plan.member else None),
        "member_code": ("text", lambda row: row.task.plan.member.code if row.task.plan.member else None),
        "plan": ("text", "task.plan.plan"),
        "campaign": ("text", "task.plan.campaign"),
        "phase": ("text", "task.plan.phase"),
        "state": ("text", "task.state.value"),
        "late": ("boolean", "task.late"),
        "due_on": ("date", "task.due_on"),
        "due_at": ("timestamptz", "task.due_at"),
        "deadline_number": ("int", "task.deadline_number"),
        "version": ("int", "task.version"),
        "task": ("jsonb", lambda row: msgspec.json.encode(row.task).decode()),
    }
)
# An instance that still plans by an older version of the duty does not undo what a newer one planned.
_REVISE: Final = (
    _COLUMNS.update("task", ["task_id"])
    + " AND task.version = 0 AND task.duty_version <= batch.duty_version"
    + " AND (task.digest <> batch.digest OR task.state <> 'planned')"
)
_KNOWN: Final = Columns[TaskRow]({"task_id": "text", "digest": "bytea"})
# Most of what is planned again is known: it is looked up without the text of the task, and nothing is written.
_NEWS: Final = f"""
SELECT wanted.task_id, task.task_id IS NULL AS new FROM {_KNOWN.rows("wanted")} LEFT JOIN task USING (task_id)
 WHERE task.task_id IS NULL
    OR (task.version = 0 AND (task.digest <> wanted.digest OR task.state <> 'planned'))"""  # noqa: S608 - our own columns


class PlanChange(Enum):
    """What planning has to write of a task: one that is not there yet, or one that is planned otherwise."""

    NEW = auto()
    CHANGED = auto()


async def hold(connection: Connection, rows: Sequence[TaskRow]) -> None:
    """Keep whoever else plans tasks of the same duties out until the transaction ends."""
    await hold_names(connection, "plan", {row.task.plan.duty_id for row in rows})


async def news(connection: Connection, rows: Sequence[TaskRow]) -> dict[str, PlanChange]:
    """Return the ids among `rows` that planning has something to write for."""
    found = await connection.fetch(_NEWS, *_KNOWN.arguments(rows))
    return {row["task_id"]: PlanChange.NEW if row["new"] else PlanChange.CHANGED for row in found}


async def add(connection: Connection, rows: Sequence[TaskRow]) -> None:
    """Write tasks that are not there; the caller holds their duties, so that nobody else writes one meanwhile."""
    await _COLUMNS.put(connection, "task", rows)


async def revise(connection: Connection, rows: Sequence[TaskRow]) -> int:
    """Write anew what is planned otherwise and has not begun meanwhile; return how many tasks that were."""
    status = await connection.execute(_REVISE, *_COLUMNS.arguments(rows)) if rows else "UPDATE 0"
    return int(status.rpartition(" ")[2])


async def withdraw(connection: Connection, duty_id: str, starting: date, keep: Collection[str], reason: str) -> int:
    """Cancel the tasks of a duty that only stand in a plan, open on `starting` or later, and are not in `keep`."""
    done = await connection.execute(
        """UPDATE task SET state = 'cancelled',
                           task = task || jsonb_build_object('state', 'cancelled', 'reason', $4::text)
            WHERE duty_id = $1 AND state = 'planned' AND version = 0
              AND (task -> 'plan' ->> 'window_start')::date >= $2 AND task_id <> ALL ($3::text[])""",
        duty_id,
        starting,
        list(keep),
        reason,
    )
    return int(done.rpartition(" ")[2])


async def of_plan(connection: Connection, plan: str, *, duty_ids: Collection[str] | None = None) -> list[PlannedRow]:
    """Return the tasks of a plan in order of their last day, less those that were withdrawn before they began."""
    rows = await connection.fetch(
        """SELECT task_id, number, kind, title, duty_id, period, due_on, county, lead_unit, helper_units,
                  task -> 'plan' -> 'sectors' AS sectors, member_code, state, late,
                  CASE WHEN state = 'accepted' THEN submitted_at END AS done_at
             FROM task WHERE plan = $1 AND ($2::text[] IS NULL OR duty_id = ANY($2::text[]))
              AND NOT (state = 'cancelled' AND version = 0)
            ORDER BY due_on, task_id""",
        plan,
        None if duty_ids is None else list(duty_ids),
    )
    return [
        PlannedRow(
            **{
                **row,
                "helper_units": tuple(row["helper_units"].split()),
                "sectors": tuple(msgspec.json.decode(row["sectors"])) if row["sectors"] else (),
            }
        )
        for row in rows
    ]


async def done_days(connection: Connection, duty_id: str) -> list[DoneRow]:
    """Return how the tasks of a duty stand, in order of their last day."""
    rows = await connection.fetch(
        """SELECT period, coalesce((task -> 'plan' ->> 'ordinal')::int, 1) AS ordinal, member_code, county, lead_unit, sector,
                  state, late, due_on, submitted_at
             FROM task WHERE duty_id = $1 AND NOT (state = 'cancelled' AND version = 0)
            ORDER BY due_on, task_id""",
        duty_id,
    )
    return [DoneRow(**row) for row in rows]


async def standing(connection: Connection, duty_ids: Collection[str]) -> list[PlannedBefore]:
    """Return every task of these duties, less those that were withdrawn before they began."""
    rows = await connection.fetch(
        """SELECT task_id, duty_id, period, member_code, due_on, lead_unit, state = 'planned' AS only_planned
             FROM task WHERE duty_id = ANY($1::text[]) AND NOT (state = 'cancelled' AND version = 0)""",
        list(duty_ids),
    )
    return [PlannedBefore(*row) for row in rows]
