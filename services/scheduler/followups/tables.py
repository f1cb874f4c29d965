"""SQL of follow-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from duban_contracts.events.types import Subject
from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.alarms.model import Cause
from services.scheduler.followups.model import FollowUp

Position = tuple[date, str, str]
"""Where a page ended: last day, kind and id of the subject."""
_COLUMNS: Final = Columns[FollowUp](
    {
        "subject_kind": ("text", "about.kind"),
        "subject_id": ("text", "about.id"),
        "subject_number": ("text", "about.number"),
        "aggregate": "text",
        "county": "text",
        "sector": "text",
        "unit": "text",
        "of_city": "boolean",
        "due_on": "date",
        "due_at": "timestamptz",
        "set_at": "timestamptz",
        "done_at": "timestamptz",
        "version": "bigint",
        "event_id": ("text", "cause.event_id"),
        "correlation_id": ("text", "cause.correlation_id"),
        "traceparent": ("text", "cause.traceparent"),
    }
)
_SAVE: Final = _COLUMNS.upsert("follow_up", ["subject_kind", "subject_id"])
_SELECT: Final = f"SELECT {_COLUMNS.names} FROM follow_up"  # noqa: S608 - our own columns
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which follow-ups are asked for: of a kind of subject, owed or done, late at `late_at` (UTC)."""

    kind: str | None = None
    is_owed: bool | None = None
    late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A follow-up in the list; `raised_at` is when it was said that its day has passed."""

    follow_up: FollowUp
    raised_at: datetime | None


async def of_aggregates(connection: Connection, aggregates: Sequence[str]) -> list[FollowUp]:
    """Return the follow-ups of these hazards and accidents, and keep their rows until the transaction ends."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE aggregate = ANY($1::text[]) ORDER BY subject_kind, subject_id FOR UPDATE", aggregates
    )
    return [_follow_up(row) for row in rows]


async def find(connection: Connection, kind: str, subject_ids: Sequence[str]) -> dict[str, FollowUp]:
    """Return the follow-ups of these subjects of one kind, by the subject's id."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE subject_kind = $1 AND subject_id = ANY($2::text[])", kind, subject_ids
    )
    return {row["subject_id"]: _follow_up(row) for row in rows}


async def ids_of(connection: Connection, kind: str, aggregates: Sequence[str]) -> list[str]:
    """Return the ids of the subjects of one kind that these hazards and accidents tell of."""
    rows = await connection.fetch(
        "SELECT subject_id FROM follow_up WHERE subject_kind = $1 AND aggregate = ANY($2::text[])", kind, aggregates
    )
    return [row["subject_id"] for row in rows]


async def save(connection: Connection, follow_ups: Sequence[FollowUp]) -> None:
    """Write these follow-ups; each subject at most once."""
    if follow_ups:
        await connection.execute(_SAVE, *_COLUMNS.arguments(follow_ups))


async def page(
    connection: Connection, scope: Scope, wanted: Filter, *, after: Position | None, limit: int
) -> list[Listed]:
    """Return up to `limit` follow-ups in order of their last days, behind `after`."""
    conditions, values = scope.where(_SCOPED)
    asked: list[tuple[str, Any]] = [
        ("subject_kind = {}", wanted.kind),
        ("done_at IS NULL AND due_at <= {}", wanted.late_at),
    ]
    for condition, value in asked:
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    if wanted.is_owed is not None:
        conditions.append(f"done_at IS {'' if wanted.is_owed else 'NOT '}NULL")
    if after is not None:
        values += after
        day, kind, subject = (f"${len(values) - back}" for back in (2, 1, 0))
        conditions.append(f"(due_on, subject_kind, subject_id) > ({day}::date, {kind}, {subject})")
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS.names},
                   (SELECT raised_at FROM alarm
                     WHERE alarm.subject_kind = follow_up.subject_kind AND alarm.subject_id = follow_up.subject_id
                       AND alarm.kind = 'overdue' AND alarm.deadline_number = 1) AS raised_at
              FROM follow_up WHERE {" AND ".join(["true", *conditions])}
             ORDER BY due_on, subject_kind, subject_id LIMIT ${len(values) + 1}""",  # noqa: S608 - our own columns
        *values,
        limit,
    )
    return [Listed(_follow_up(row), row["raised_at"]) for row in rows]


def _follow_up(row: asyncpg.Record) -> FollowUp:
    plain = ("aggregate", "county", "sector", "unit", "of_city", "due_on", "due_at", "set_at", "done_at", "version")
    return FollowUp(
        about=Subject(kind=row["subject_kind"], id=row["subject_id"], number=row["subject_number"]),
        cause=Cause(row["event_id"], row["correlation_id"], row["traceparent"]),
        **{name: row[name] for name in plain},
    )
