"""`GET /v1/listings`: the book of 挂牌督办. Listing and lifting are moves of a hazard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query

from duban_contracts.events.types import ListingLevel, Sector
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, INTEGRATORS, TOWNSHIP
from services.chassis.storage.database import Database
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, County, Limit
from services.chassis.web.routes import Router
from services.ledger.hazards.documents import HazardName
from services.ledger.hazards.model import HazardKey
from services.ledger.listings import tables
from services.ledger.listings.documents import ByDeadline, ListingDocument
from services.ledger.listings.tables import Filter

READ: Final = Action("ledger.listings.read", "查看挂牌督办", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS)
Reader = Annotated[Caller, Depends(allow(READ))]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database


async def _filter(
    level: ListingLevel | None = None,
    open: Annotated[bool | None, Query(description="true：尚未解除；false：已解除")] = None,  # noqa: A002 - the parameter's name
    overdue: Annotated[bool | None, Query(description="督办逾期")] = None,
    hazard: Annotated[HazardName | None, Query(description="隐患标识或编号")] = None,
) -> Filter:
    return Filter(level=level, open=open, overdue=overdue, hazard=HazardKey.parse(hazard) if hazard else None)


def router(deps: Deps) -> Router:
    """Return the route of the book."""
    routes = Router(prefix="/v1", tags=["listings"])

    @routes.get("/listings", summary="挂牌督办清单，按督办期限排列")
    async def listings(
        caller: Reader,
        wanted: Annotated[Filter, Depends(_filter)],
        county: County | None = None,
        sector: Annotated[str, Checked(Sector)] | None = None,
        after: After[ByDeadline] = None,
        limit: Limit = 100,
    ) -> Page[ListingDocument]:
        """List the 挂牌督办 that the caller may see, lifted ones too, in order of their own deadlines."""
        scope = caller.scope.narrowed(county=county, sector=sector)
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(
                connection, scope, wanted, after=after.position if after else None, limit=limit + 1
            )
        return page_of(found, limit, item=ListingDocument.of, cursor=ByDeadline.of)

    return routes
