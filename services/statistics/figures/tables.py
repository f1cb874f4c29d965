"""Reading the books: every published figure is one of these queries, or arithmetic on their rows.

All of them select cells, and give their rows by split: the codes of `Selection.cells`, in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from services.chassis.access.scope import Codes, Dimension, Scope
from services.chassis.storage.database import Connection
from services.statistics.books.model.cell import DIMENSIONS
from services.statistics.books.model.record import ARRIVALS, DEPARTURES, Measure
from services.statistics.figures.model.balance import Key
from services.statistics.figures.model.durations import Closings, Spell
from services.statistics.figures.model.periods import Period
from services.statistics.figures.model.rates import Cohort

DAY: Final = "day"
GROUPS: Final = (*DIMENSIONS, DAY)
_EVERYTHING: Final = Scope()
_COLUMNS: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cells count: those inside a scope, of these grades and channels (None = all); and the split of the answer.

    `by` holds names of GROUPS; raises ValueError for others, since they are written into the query.
    """

    by: tuple[str, ...] = ()
    scope: Scope = _EVERYTHING
    grade: Codes = None
    channel: Codes = None

    def __post_init__(self) -> None:
        """Refuse names that are no column."""
        if unknown := set(self.by) - set(GROUPS):
            raise ValueError(f"no dimension: {', '.join(sorted(unknown))}")

    @property
    def cells(self) -> tuple[str, ...]:
        """The split without the day."""
        return tuple(name for name in self.by if name != DAY)

    @property
    def only(self) -> dict[str, frozenset[str]]:
        """The codes that count, of each dimension in which not all do."""
        county, sector = (self.scope.codes(dimension) for dimension in _COLUMNS)
        codes = {"county": county, "sector": sector, "grade": self.grade, "channel": self.channel}
        return {name: chosen for name, chosen in codes.items() if chosen is not None}

    @property
    def is_empty(self) -> bool:
        """Whether no cell can count: nothing of what was asked for lies in the caller's scope."""
        return not all(self.only.values())

    def where(self, *before: object) -> tuple[str, list[Any]]:
        """Return the condition and all arguments of a query; `before` are those that stand before the condition's."""
        conditions, values = self.scope.where(_COLUMNS, first=len(before) + 1)
        arguments = [*before, *values]
        for column, codes in (("grade", self.grade), ("channel", self.channel)):
            if codes is not None:
                arguments.append(sorted(codes))
                conditions.append(f"{column} = ANY(${len(arguments)}::text[])")
        return " AND ".join(conditions) or "TRUE", arguments


# A hazard stands as one step says from the step's day until the day of its next one. $1 is the cut-off.
_STANDING: Final = """
WITH span AS (
    SELECT *, lead(day) OVER (PARTITION BY hazard_id ORDER BY version) AS until FROM hazard_step WHERE day <= $1
), standing AS (
    SELECT * FROM span WHERE (until IS NULL OR until > $1) AND confirmed_on IS NOT NULL
)"""


def _listed(measures: Sequence[Measure]) -> str:
    return ", ".join(f"'{measure}'" for measure in measures)


_STOCK: Final = f"""CASE WHEN measure IN ({_listed(ARRIVALS)}) THEN count
    WHEN measure IN ({_listed(DEPARTURES)}) THEN -count ELSE 0 END"""


def _columns(names: Sequence[str]) -> str:
    return "".join(f"{name}, " for name in names)


def _group(names: Sequence[str]) -> str:
    return f"GROUP BY {', '.join(names)} ORDER BY {', '.join(names)}" if names else ""


def _key(row: asyncpg.Record, names: Sequence[str]) -> Key:
    return tuple(row[name] for name in names)


async def flows(
    connection: Connection, selection: Selection, period: Period, *, daily: bool
) -> dict[tuple[date, Key], dict[Measure, int]]:
    """Return the flows of the period by measure: of each day that has some, or, not `daily`, all on its last day."""
    condition, arguments = selection.where(period.start, period.end)
    split = ("on_day", *selection.cells)
    query = f"""SELECT {"day" if daily else "$2::date"} AS on_day, {_columns(selection.cells)} measure,
               sum(count)::bigint AS count
        FROM daily_flow WHERE day BETWEEN $1 AND $2 AND {condition}
        {_group((*split, "measure"))}"""  # noqa: S608 - Selection checks names
    found: dict[tuple[date, Key], dict[Measure, int]] = {}
    for row in await connection.fetch(query, *arguments):
        counts = found.setdefault((row["on_day"], _key(row, selection.cells)), {})
        counts[Measure(row["measure"])] = row["count"]
    return found


async def stock_before(connection: Connection, selection: Selection, day: date) -> dict[Key, int]:
    """Return the open hazards at the start of `day`, as the sum of all earlier flows."""
    condition, arguments = selection.where(day)
    query = f"""SELECT {_columns(selection.cells)} coalesce(sum({_STOCK}), 0)::bigint AS count
        FROM daily_flow WHERE day < $1 AND {condition} {_group(selection.cells)}"""  # noqa: S608 - Selection checks names
    rows = await connection.fetch(query, *arguments)
    return {_key(row, selection.cells): row["count"] for row in rows}


async def open_on(
    connection: Connection, selection: Selection, period: Period
) -> dict[tuple[date, Key], tuple[int, int]]:
    """Return (open, overdue) at the end of each day of the period, counted hazard by hazard."""
    condition, arguments = selection.where(period.start, period.end)
    query = f"""
        WITH span AS (
            SELECT *, lead(day) OVER (PARTITION BY hazard_id ORDER BY version) AS until
            FROM hazard_step WHERE day <= $2
        )
        SELECT on_day::date, {_columns(selection.cells)} count(*) AS open, count(*) FILTER (WHERE overdue) AS overdue
        FROM generate_series($1::date, $2::date, interval '1 day') AS on_day
        JOIN span ON open AND day <= on_day AND (until IS NULL OR until > on_day)
        WHERE {condition} {_group(("on_day", *selection.cells))}"""  # noqa: S608 - Selection checks names
    rows = await connection.fetch(query, *arguments)
    return {(row["on_day"], _key(row, selection.cells)): (row["open"], row["overdue"]) for row in rows}


async def cohorts(connection: Connection, selection: Selection, period: Period, cut_off: date) -> dict[Key, Cohort]:
    """Return the hazards confirmed in the period and those whose deadline fell in it, as they stood at the end of `cut_off`.

    A deadline that was not over by then has neither been met nor missed.

    A return or a reopening takes a rectification back. The cell is the one at the cut-off. Whatever was never late is in
    time: the day that counts is the one after pauses, extensions and roll, as the scheduler has it. A deadline that passed
    counts in its own period, whatever was set after it. Rows of before that was known go by the printed day.
    """
    condition, arguments = selection.where(cut_off, period.start, period.end)
    found = "confirmed_on BETWEEN $2 AND $3"
    due = """(coalesce(due_on, deadline_on) BETWEEN $2 AND least($3, $1) OR EXISTS (
                  SELECT FROM jsonb_array_elements_text(missed_on) AS missed WHERE missed::date BETWEEN $2 AND $3))"""
    query = f"""{_STANDING}
        SELECT {_columns(selection.cells)}
               count(*) FILTER (WHERE {found}) AS found,
               count(*) FILTER (WHERE {found} AND (rectified_on IS NOT NULL OR closed_on IS NOT NULL)) AS rectified,
               count(*) FILTER (WHERE {found} AND closed_on IS NOT NULL) AS closed,
               count(*) FILTER (WHERE {due}) AS due,
               count(*) FILTER (WHERE {due} AND closed_on IS NOT NULL AND NOT coalesce(passed, closed_on > deadline_on)) AS closed_in_time,
               count(*) FILTER (WHERE {due} AND rectified_on IS NOT NULL
                                AND NOT coalesce(passed, rectified_on > deadline_on)) AS submitted_in_time,
               count(*) FILTER (WHERE {due} AND closed_on IS NULL AND rectified_on IS NOT NULL
                                AND NOT coalesce(passed, rectified_on > deadline_on)) AS in_review
        FROM standing WHERE {condition} AND ({found} OR {due})
        {_group(selection.cells)}"""  # noqa: S608 - Selection checks names
    terms = Cohort.__dataclass_fields__
    rows = await connection.fetch(query, *arguments)
    return {_key(row, selection.cells): Cohort(**{term: row[term] for term in terms}) for row in rows}


async def closings(connection: Connection, selection: Selection, period: Period) -> dict[Key, Closings]:
    """Return how long the hazards were open that were closed in the period and still are at its end."""
    condition, arguments = selection.where(period.end, period.start)
    seconds = "extract(epoch FROM closed_at - confirmed_at)"
    query = f"""{_STANDING}
        SELECT {_columns(selection.cells)} count(*) AS closed,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY {seconds}) AS median,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY {seconds}) AS p90
        FROM standing WHERE {condition} AND closed_on BETWEEN $2 AND $1
        {_group(selection.cells)}"""  # noqa: S608 - Selection checks names
    rows = await connection.fetch(query, *arguments)
    return {_key(row, selection.cells): Closings(row["closed"], row["median"], row["p90"]) for row in rows}


async def spells(
    connection: Connection, selection: Selection, period: Period, until: datetime
) -> dict[Key, list[Spell]]:
    """Return the spell of each hazard confirmed in the period; open ones are counted to `until`."""
    condition, arguments = selection.where(period.end, period.start, until)
    query = f"""{_STANDING}
        SELECT {_columns(selection.cells)} closed_on IS NOT NULL AS closed,
               extract(epoch FROM greatest(coalesce(closed_at, $3) - confirmed_at, interval '0'))::float8 AS seconds
        FROM standing WHERE {condition} AND confirmed_on BETWEEN $2 AND $1"""  # noqa: S608 - Selection checks names
    found: dict[Key, list[Spell]] = {}
    for row in await connection.fetch(query, *arguments):
        found.setdefault(_key(row, selection.cells), []).append((row["seconds"], row["closed"]))
    return found
