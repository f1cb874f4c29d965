"""Findings of a month: hazards that an inspection found, each once, with the group in whose area they stand.

One that goes on under another's report stays a finding of its month, and is open while that one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from duban_contracts.events.types import Channel, HazardState
from duban_contracts.groups import SupervisionGroup
from services.chassis.access.scope import Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.groups.model import Found, Month
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.merge import SURVIVES
from services.ledger.hazards.tables.entries import COLUMNS, hazard_of
from services.ledger.hazards.tables.register import SCOPED

_AREAS: Final = Columns[tuple[str, str]]({"area": ("text", itemgetter(0)), "code": ("text", itemgetter(1))})
_NAMED: Final = "hazard." + COLUMNS.replace(", ", ", hazard.")
_SCOPED: Final = {dimension: f"hazard.{column}" for dimension, column in SCOPED.items()}
_HAZARD: Final = "hazard LEFT JOIN hazard AS survivor ON survivor.hazard_id = hazard.merged_into"
# What was no hazard was no finding. What was merged counts as the one that goes on, where that is a finding itself; of what
# goes on as an enterprise's own report or a tip, the first finding that was merged into it stays the group's.
_COUNTS: Final = f"""(hazard.merged_into IS NULL AND hazard.state <> '{HazardState.REJECTED.value}'
        OR survivor.channel <> '{Channel.INSPECTION.value}' AND survivor.state <> '{HazardState.REJECTED.value}'
           AND NOT EXISTS (SELECT FROM hazard AS earlier
                            WHERE earlier.merged_into = hazard.merged_into AND earlier.hazard_id < hazard.hazard_id
                              AND earlier.channel = '{Channel.INSPECTION.value}'))"""


def _finding(first: int) -> str:
    """Return the condition of a finding, as its index has it; `$first` is the month's first day."""
    return f"""hazard.channel = '{Channel.INSPECTION.value}' AND {_COUNTS}
       AND date_trunc('month', hazard.found_on::timestamp) = ${first}::date::timestamp"""


# $1, $2 areas and their groups, $3 the month
_GROUPED: Final = f"""FROM {_HAZARD} LEFT JOIN {_AREAS.rows("groups")}
    ON groups.area = hazard.county OR groups.area = hazard.township_code WHERE {_finding(3)}"""


async def page(
    connection: Connection,
    scope: Scope,
    groups: Sequence[SupervisionGroup],
    month: Month,
    *,
    group: str | None,
    after: UUID | None,
    limit: int,
) -> list[tuple[str | None, Hazard]]:
    """Return up to `limit` findings of the month in scope, newest first, each with its group; with `group` its own only."""
    conditions, values = scope.where(_SCOPED, first=7)
    rows = await connection.fetch(
        f"""SELECT groups.code AS found_for, {_NAMED} {_GROUPED}
               AND ($4::text IS NULL OR groups.code = $4) AND ($5::uuid IS NULL OR hazard.hazard_id < $5)
               {"".join(f" AND {each}" for each in conditions)} ORDER BY hazard.hazard_id DESC LIMIT $6""",
        *_arguments(groups, month),
        group,
        after,
        limit,
        *values,
    )
    return [(row["found_for"], hazard_of(row)) for row in rows]


async def by_group(
    connection: Connection, scope: Scope, groups: Sequence[SupervisionGroup], month: Month
) -> list[Found]:
    """Return how many findings of the month each group has in scope."""
    conditions, values = scope.where(_SCOPED, first=5)
    rows = await connection.fetch(
        f"""SELECT groups.code AS code, count(*) AS found,
                   count(*) FILTER (WHERE COALESCE(survivor.state, hazard.state) = ANY($4::text[])) AS open
            {_GROUPED} {"".join(f" AND {each}" for each in conditions)} GROUP BY groups.code""",
        *_arguments(groups, month),
        sorted(SURVIVES),
        *values,
    )
    return [Found(group=row["code"], found=row["found"], open=row["open"]) for row in rows]


async def total(connection: Connection, scope: Scope, month: Month) -> int:
    """Return how many findings of the month there are in scope, whoever's: counted without the groups."""
    conditions, values = scope.where(_SCOPED, first=2)
    found: int = await connection.fetchval(
        f"SELECT count(*) FROM {_HAZARD} WHERE {' AND '.join([_finding(1), *conditions])}",  # noqa: S608 - our own columns
        month.first,
        *values,
    )
    return found


def _arguments(groups: Sequence[SupervisionGroup], month: Month) -> list[Any]:
    return [*_AREAS.arguments((area, group.code) for group in groups for area in group.areas), month.first]
