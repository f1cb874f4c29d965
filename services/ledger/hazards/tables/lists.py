"""Lists and counts of hazards, each by the way that costs least."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables import register, searching, tallies
from services.ledger.hazards.tables.register import Filter, Group


@dataclass(frozen=True, slots=True)
class Counted:
    """How many hazards there are of each value; not `complete` where there are more that were not looked at."""

    groups: list[tuple[str | None, int]]
    complete: bool = True


async def page(connection: Connection, scope: Scope, wanted: Filter, *, after: UUID | None, limit: int) -> list[Hazard]:
    """Return up to `limit` hazards, newest first, after hazard `after`.

    Ids grow with time, so hazards that arrive meanwhile stand before the first page and move nothing.
    """
    page_of = searching.page if wanted.text else register.page
    return await page_of(connection, scope.narrowed(township=wanted.township), wanted, after=after, limit=limit)


async def count(connection: Connection, scope: Scope, wanted: Filter, by: Group | None) -> Counted:
    """Return how many hazards there are of each value of `by`; without `by` one number of all."""
    scope = scope.narrowed(township=wanted.township)
    if wanted.text:
        return Counted(*await searching.count(connection, scope, wanted, by))
    count_of = tallies.count if tallies.can_tell(scope, wanted) else register.count
    return Counted(await count_of(connection, scope, wanted, by))
