"""Findings of a month: hazards that an inspection found, each once, with the group in whose area they stand.

One that goes on under another's report stays a finding of its month, and is open while that one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from duban_contracts.groups import SupervisionGroup
from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.groups.model import FindingCount, Month
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.merge import SURVIVES
from services.ledger.hazards.tables.hazard_rows import COLUMNS, hazard_of
from services.ledger.hazards.tables.register import SCOPED

_AREAS: Final = Columns[tuple[str, str]]({"area": ("text", itemgetter(0)), "code": ("text", itemgetter(1))})
_NAMED: Final = "hazard." + COLUMNS.replace(", ", ", hazard.")
_SCOPED: Final = {dimension: f"hazard.{column}" for dimension, column in SCOPED.items()}
_PLACED: Final = {
    Dimension.COUNTY: "each.county",
    Dimension.TOWNSHIP: "each.township_code",
    Dimension.SECTOR: "each.sector",
}
_LAST: Final = UUID(int=2**128 - 1)
# What a finding is, and within which scope, stands in `0003_walls.sql`. $1, $2 areas and their groups.
_GROUPS: Final = f"LEFT JOIN {_AREAS.rows('groups')} ON groups.area = {{0}}.county OR groups.area = {{0}}.township_code"


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
    asked = [each for each in groups if group in {None, each.code}]
    conditions, values = scope.where(_SCOPED, first=7)
    rows = await connection.fetch(
        f"""SELECT groups.code AS found_for, {_NAMED}
              FROM findings_of_month($3, $4, $5, $6) JOIN hazard ON hazard_id = found_id {_GROUPS.format("hazard")}
             WHERE {" AND ".join(["true", *conditions])} ORDER BY hazard_id DESC LIMIT $6""",  # noqa: S608 - our own columns
        *_arguments(asked, month),
        None if group is None else [area for each in asked for area in each.areas],
        after or _LAST,
        limit,
        *values,
    )
    return [(row["found_for"], hazard_of(row)) for row in rows]


async def by_group(
    connection: Connection, scope: Scope, groups: Sequence[SupervisionGroup], month: Month
) -> list[FindingCount]:
    """Return how many findings of the month each group has in scope."""
    conditions, values = scope.where(_PLACED, first=5)
    rows = await connection.fetch(
        f"""SELECT groups.code AS code, sum(found)::bigint AS found, sum(still_open)::bigint AS open
              FROM findings_counted($3, $4) AS each {_GROUPS.format("each")}
             WHERE {" AND ".join(["true", *conditions])} GROUP BY groups.code""",  # noqa: S608 - our own columns
        *_arguments(groups, month),
        sorted(SURVIVES),
        *values,
    )
    return [FindingCount(group=row["code"], found=row["found"], open=row["open"]) for row in rows]


async def total(connection: Connection, scope: Scope, month: Month) -> int:
    """Return how many findings of the month there are in scope, whoever's: counted without the groups."""
    conditions, values = scope.where(_PLACED, first=3)
    found: int = await connection.fetchval(
        f"""SELECT coalesce(sum(found), 0)::bigint FROM findings_counted($1, $2) AS each
             WHERE {" AND ".join(["true", *conditions])}""",  # noqa: S608 - our own columns
        month.first,
        sorted(SURVIVES),
        *values,
    )
    return found


def _arguments(groups: Sequence[SupervisionGroup], month: Month) -> list[Any]:
    return [*_AREAS.arguments((area, group.code) for group in groups for area in group.areas), month.first]
