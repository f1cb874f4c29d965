"""Reading the books: every published figure is one of these queries, or arithmetic on their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from services.chassis.storage.database import Connection
from services.statistics.domain.cell import DIMENSIONS

GROUPS: Final = (*DIMENSIONS, "day")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cells count: for each dimension the wanted codes (absent = all), and by what the answer is split."""

    by: tuple[str, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that are no column: they are written into the query."""
        if unknown := (set(self.by) - set(GROUPS)) | (set(self.only) - set(DIMENSIONS)):
            raise ValueError(f"no dimension: {', '.join(sorted(unknown))}")

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the split without the day."""
        return tuple(name for name in self.by if name != "day")

    def wanted(self) -> list[list[str] | None]:
        """Return the four filter arguments, in the order of DIMENSIONS."""
        return [list(self.only[name]) if name in self.only else None for name in DIMENSIONS]


_WANTED: Final = """($1::text[] IS NULL OR county = ANY($1)) AND ($2::text[] IS NULL OR sector = ANY($2))
    AND ($3::text[] IS NULL OR grade = ANY($3)) AND ($4::text[] IS NULL OR channel = ANY($4))"""

# A hazard stands as one step says from the step's day until the day of its next one.
_SPAN: Final = """
WITH span AS (
    SELECT *, lead(day) OVER (PARTITION BY hazard_id ORDER BY version) AS until FROM hazard_step WHERE day <= $5
), standing AS (
    SELECT * FROM span WHERE (until IS NULL OR until > $5) AND confirmed_on IS NOT NULL
)"""


def _columns(names: Sequence[str]) -> str:
    return "".join(f"{name}, " for name in names)


def _group(names: Sequence[str]) -> str:
    return f"GROUP BY {', '.join(names)} ORDER BY {', '.join(names)}" if names else ""


async def flows(connection: Connection, scope: Scope, start: date, end: date) -> list[Mapping[str, Any]]:
    """Return (split..., measure, count) of the flows from `start` to `end`, both inclusive."""
    query = f"""SELECT {_columns(scope.by)} measure, sum(count)::bigint AS count FROM daily_flow
        WHERE {_WANTED} AND day BETWEEN $5 AND $6 {_group((*scope.by, "measure"))}"""  # noqa: S608 - Scope checks names
    return [dict(row) for row in await connection.fetch(query, *scope.wanted(), start, end)]


async def stock_before(connection: Connection, scope: Scope, day: date) -> list[Mapping[str, Any]]:
    """Return (split without day..., count): the open hazards at the start of `day`, as the sum of all earlier flows."""
    query = f"""SELECT {_columns(scope.cells)} coalesce(sum(CASE
            WHEN measure IN ('confirmed', 'reopened', 'transferred_in') THEN count
            WHEN measure IN ('closed', 'transferred_out') THEN -count ELSE 0 END), 0)::bigint AS count
        FROM daily_flow WHERE {_WANTED} AND day < $5 {_group(scope.cells)}"""  # noqa: S608 - Scope checks names
    return [dict(row) for row in await connection.fetch(query, *scope.wanted(), day)]


async def open_on(connection: Connection, scope: Scope, days: Sequence[date]) -> list[Mapping[str, Any]]:
    """Return (day, split..., open, overdue) at the end of each of `days`, counted hazard by hazard."""
    query = f"""
        WITH span AS (
            SELECT *, lead(day) OVER (PARTITION BY hazard_id ORDER BY version) AS until
            FROM hazard_step WHERE day <= (SELECT max(d) FROM unnest($5::date[]) AS d)
        )
        SELECT on_day AS day, {_columns(scope.cells)} count(*) AS open, count(*) FILTER (WHERE overdue) AS overdue
        FROM unnest($5::date[]) AS on_day
        JOIN span ON open AND day <= on_day AND (until IS NULL OR until > on_day)
        WHERE {_WANTED} {_group(("on_day", *scope.cells))}"""  # noqa: S608 - Scope checks names
    return [dict(row) for row in await connection.fetch(query, *scope.wanted(), list(days))]


async def cohort(
    connection: Connection, scope: Scope, start: date, end: date, cut_off: date
) -> list[Mapping[str, Any]]:
    """Return (split..., found, rectified, closed) of the hazards confirmed in the period, as they stood at `cut_off`.

    A return or a reopening takes a rectification back. The cell is the one at the cut-off.
    """
    query = f"""{_SPAN}
        SELECT {_columns(scope.cells)} count(*) AS found,
               count(*) FILTER (WHERE rectified_on IS NOT NULL OR closed_on IS NOT NULL) AS rectified,
               count(*) FILTER (WHERE closed_on IS NOT NULL) AS closed
        FROM standing WHERE {_WANTED} AND confirmed_on BETWEEN $6 AND $7
        {_group(scope.cells)}"""  # noqa: S608 - Scope checks names
    return [dict(row) for row in await connection.fetch(query, *scope.wanted(), cut_off, start, end)]


async def deadlines(
    connection: Connection, scope: Scope, start: date, end: date, cut_off: date
) -> list[Mapping[str, Any]]:
    """Return (split..., due, closed_in_time, submitted_in_time) of the hazards whose deadline fell in the period."""
    query = f"""{_SPAN}
        SELECT {_columns(scope.cells)} count(*) AS due,
               count(*) FILTER (WHERE closed_on <= deadline_on) AS closed_in_time,
               count(*) FILTER (WHERE rectified_on <= deadline_on) AS submitted_in_time
        FROM standing WHERE {_WANTED} AND deadline_on BETWEEN $6 AND $7
        {_group(scope.cells)}"""  # noqa: S608 - Scope checks names
    return [dict(row) for row in await connection.fetch(query, *scope.wanted(), cut_off, start, end)]


async def clearances(connection: Connection, scope: Scope, start: date, end: date) -> list[Mapping[str, Any]]:
    """Return (split..., closed, median, p90) in seconds of the hazards closed in the period and still so at its end."""
    query = f"""{_SPAN}
        SELECT {_columns(scope.cells)} count(*) AS closed,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - confirmed_at)) AS median,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - confirmed_at)) AS p90
        FROM standing WHERE {_WANTED} AND closed_on BETWEEN $6 AND $5
        {_group(scope.cells)}"""  # noqa: S608 - Scope checks names
    return [dict(row) for row in await connection.fetch(query, *scope.wanted(), end, start)]


async def spells(
    connection: Connection, scope: Scope, start: date, end: date, until: datetime
) -> list[Mapping[str, Any]]:
    """Return (split..., seconds, closed) for each hazard confirmed in the period; open ones are counted to `until`."""
    query = f"""{_SPAN}
        SELECT {_columns(scope.cells)} closed_on IS NOT NULL AS closed,
               extract(epoch FROM greatest(coalesce(closed_at, $7) - confirmed_at, interval '0'))::float8 AS seconds
        FROM standing WHERE {_WANTED} AND confirmed_on BETWEEN $6 AND $5"""  # noqa: S608 - Scope checks names
    return [dict(row) for row in await connection.fetch(query, *scope.wanted(), end, start, until)]


async def data_through(connection: Connection) -> datetime | None:
    """Return up to when the figures are complete: the oldest of the partitions' newest heartbeats.

    Before the first heartbeat it is the newest event; None when nothing was read yet.
    """
    row = await connection.fetchrow(
        "SELECT min(applied_through) AS heartbeat, max(last_event_at) AS event FROM progress"
    )
    return None if row is None else row["heartbeat"] or row["event"]
