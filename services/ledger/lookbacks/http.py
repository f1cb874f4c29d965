"""`GET /v1/look-backs`: 回头看 as due work. Looking back, and reopening, are moves of a hazard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query

from duban_contracts.days import Zone
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, TOWNSHIP
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import County, Day, Limit
from services.chassis.web.routes import Router
from services.ledger.lookbacks import tables
from services.ledger.lookbacks.documents import ByDueDay, LookBackDocument

READ: Final = Action("ledger.lookbacks.read", "查看回头看清单", roles=CASE_STAFF | TOWNSHIP)
Reader = Annotated[Caller, Depends(allow(READ))]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the route."""

    database: Database
    clock: Clock
    zone: Zone


def router(deps: Deps) -> Router:
    """Return the route of the list."""
    routes = Router(prefix="/v1", tags=["look-backs"])

    @routes.get("/look-backs", summary="回头看清单，按期限排列")
    async def look_backs(
        caller: Reader,
        open: Annotated[bool | None, Query(description="true：待办理；false：已办理或已重新整改")] = None,  # noqa: A002 - the parameter's name
        due_by: Annotated[Day | None, Query(description="期限在该日或之前")] = None,
        county: County | None = None,
        after: After[ByDueDay] = None,
        limit: Limit = 100,
    ) -> Page[LookBackDocument]:
        """List the look-backs of hazards that the caller may see, those due first first."""
        scope = caller.scope.narrowed(county=county)
        today = deps.zone.day_of(deps.clock.now())
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(
                connection,
                scope,
                open_only=open,
                due_by=due_by,
                after=after.position if after else None,
                limit=limit + 1,
            )
        return page_of(found, limit, item=lambda kept: LookBackDocument.of(kept, today), cursor=ByDueDay.of)

    return routes
