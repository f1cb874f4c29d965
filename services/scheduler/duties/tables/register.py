"""The list of duties as they stand, and counts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from services.chassis.storage.database import Connection
from services.scheduler.duties.model.duty import DutyState, DutyVersion
from services.scheduler.duties.tables.duties import SHOWN, version_of


class Group(StrEnum):
    """By what duties are counted; the values are the names of columns."""

    KIND = "kind"
    RULE = "rule"
    LEAD_UNIT = "lead_unit"
    ROSTER = "roster"
    PLAN = "plan"
    CAMPAIGN = "campaign"
    DOCUMENT = "document"
    KEPT_BY = "kept_by"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which duties; None = not asked. `q` is looked for in the title."""

    kind: str | None = None
    rule: str | None = None
    lead_unit: str | None = None
    roster: str | None = None
    plan: str | None = None
    campaign: str | None = None
    state: DutyState | None = None
    assumed: bool | None = None
    q: str | None = None


_NEWEST: Final = (
    "NOT EXISTS (SELECT FROM duty AS newer WHERE newer.duty_id = duty.duty_id AND newer.version > duty.version)"
)
_EXACT: Final = ("kind", "rule", "lead_unit", "roster", "plan", "campaign", "state", "assumed")


async def page(connection: Connection, wanted: Filter, *, after: str | None, limit: int) -> list[DutyVersion]:
    """Return up to `limit` duties in order of their id, behind `after`, each in its newest version."""
    conditions, values = _where(wanted, first=3)
    rows = await connection.fetch(
        f"""SELECT {SHOWN} FROM duty WHERE {" AND ".join([_NEWEST, "duty_id > $1", *conditions])}
             ORDER BY duty_id LIMIT $2""",  # noqa: S608 - our own columns
        after or "",
        limit,
        *values,
    )
    return [version_of(row) for row in rows]


async def count(connection: Connection, wanted: Filter, group: Group | None) -> list[tuple[str | None, int]]:
    """Return how many duties there are for each value of `group`, most first; one row in all without it."""
    conditions, values = _where(wanted, first=1)
    column = "NULL::text" if group is None else group.value
    rows = await connection.fetch(
        f"""SELECT {column} AS value, count(*) AS number FROM duty WHERE {" AND ".join([_NEWEST, *conditions])}
             GROUP BY 1 ORDER BY 2 DESC, 1""",  # noqa: S608 - our own columns
        *values,
    )
    return [(row["value"], row["number"]) for row in rows]


def _where(wanted: Filter, *, first: int) -> tuple[Sequence[str], Sequence[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for name in _EXACT:
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(f"{name} = ${first + len(values)}")
            values.append(value)
    if wanted.q is not None:
        conditions.append(f"strpos(lower(title), lower(${first + len(values)})) > 0")
        values.append(wanted.q)
    return conditions, values
