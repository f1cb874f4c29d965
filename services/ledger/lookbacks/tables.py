"""SQL of the list of look-backs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.lookbacks.model import Outcome, Planned, ShownLookBack

Position = tuple[date, str, int]
"""Where a page ended: last day, hazard id, which of its closures."""


@dataclass(frozen=True, slots=True)
class LookBackDone:
    """What came of the look-back of a hazard's closure number `closure`."""

    hazard_id: str
    closure: int
    outcome: Outcome
    done_at: datetime


_PLANNED: Final = Columns[Planned]({"hazard_id": "uuid", "closure": "integer", "due_on": "date"})
# The scope is repeated from the hazard, since nothing changes it once that is confirmed: a scope's list reads its own rows.
_PLAN: Final = f"""
INSERT INTO look_back ({_PLANNED.names}, hazard_county, hazard_township, hazard_sector)
SELECT {_PLANNED.names}, county, township_code, sector FROM {_PLANNED.rows("planned")} JOIN hazard USING (hazard_id)"""  # noqa: S608
_DONE: Final = Columns[LookBackDone](
    {"hazard_id": "uuid", "closure": "integer", "outcome": ("text", "outcome.value"), "done_at": "timestamptz"}
)
_SCOPED: Final = {
    Dimension.COUNTY: "look_back.hazard_county",
    Dimension.TOWNSHIP: "look_back.hazard_township",
    Dimension.SECTOR: "look_back.hazard_sector",
}
# Written out, so that the partial index of what is open is taken.
_OPEN: Final = "outcome IS NULL AND hazard.state = 'closed'"
# A look-back that was passed may find it broken later: what is known last stands.
_SETTLE: Final = f"""
UPDATE look_back SET outcome = done.outcome, done_at = done.done_at
  FROM {_DONE.rows("done")}
 WHERE (look_back.hazard_id, look_back.closure) = (done.hazard_id, done.closure)"""  # noqa: S608


async def plan(connection: Connection, look_backs: Sequence[Planned]) -> None:
    """Write look-backs that are to be done."""
    if look_backs:
        await connection.execute(_PLAN, *_PLANNED.arguments(look_backs))


async def settle(connection: Connection, done: Sequence[LookBackDone]) -> None:
    """Write what came of look-backs, each once; a closure that was not drawn has none to settle."""
    if done:
        await connection.execute(_SETTLE, *_DONE.arguments(done))


async def page(
    connection: Connection,
    scope: Scope,
    *,
    open_only: bool | None,
    due_by: date | None,
    after: Position | None,
    limit: int,
) -> list[ShownLookBack]:
    """Return up to `limit` look-backs, those that are due first first, after `after`."""
    conditions, values = scope.where(_SCOPED, first=2)
    if open_only is not None:
        conditions.append(_OPEN if open_only else f"NOT ({_OPEN})")
    if due_by is not None:
        values.append(due_by)
        conditions.append(f"due_on <= ${1 + len(values)}::date")
    if after is not None:
        values += after
        day, hazard, closure = (f"${len(values) - back}" for back in (1, 0, -1))
        conditions.append(f"(due_on, hazard_id, closure) > ({day}::date, {hazard}::uuid, {closure}::integer)")
    rows = await connection.fetch(
        f"""SELECT hazard_id::text, closure, number, county, sector, grade, responsible_unit, due_on, outcome, done_at
              FROM look_back JOIN hazard USING (hazard_id) WHERE {" AND ".join(conditions) or "TRUE"}
             ORDER BY due_on, hazard_id, closure LIMIT $1""",  # noqa: S608
        limit,
        *values,
    )
    said: list[dict[str, Any]] = [dict(row) for row in rows]
    return [msgspec.convert(each, ShownLookBack) for each in said]
