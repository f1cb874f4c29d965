"""`GET /v1/stop-orders…`: the book of 责令停产停业, and the list of a month. Ordering and lifting are moves of a hazard."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends

from services.chassis.access.acting import ActingDeps
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, INTEGRATORS, TOWNSHIP
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import County, Limit, MonthText
from services.chassis.web.routes import Router
from services.ledger.groups.model import Month
from services.ledger.stop_orders import tables
from services.ledger.stop_orders.documents import BySince, StopOrderDocument
from services.ledger.stop_orders.tables import Span

READ: Final = Action(
    "ledger.stop-orders.read", "查看责令停产停业", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS
)
Reader = Annotated[Caller, Depends(allow(READ))]


def router(deps: ActingDeps) -> Router:
    """Return the routes of the book."""
    routes = Router(prefix="/v1", tags=["stop-orders"])
    zone = deps.zone

    @routes.get("/stop-orders", summary="责令停产停业清单，按起始日期排列")
    async def orders(
        caller: Reader,
        open: bool | None = None,  # noqa: A002, FBT001 - the query parameter's name
        county: County | None = None,
        after: After[BySince] = None,
        limit: Limit = 100,
    ) -> Page[StopOrderDocument]:
        """List the stop orders of hazards that the caller may see, as they stand today, lifted ones too."""
        scope, today = caller.scope.narrowed(county=county), deps.acting(caller).today
        behind = after.position if after else None
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(connection, scope, is_open=open, after=behind, limit=limit + 1)
        return page_of(found, limit, item=lambda each: StopOrderDocument.of(each, today, zone), cursor=BySince.of)

    @routes.get("/stop-orders/monthly", summary="责令停产停业月度清单：当月作出、当月恢复和月末仍未恢复的")
    async def monthly(
        caller: Reader,
        month: MonthText,
        county: County | None = None,
        after: After[BySince] = None,
        limit: Limit = 100,
    ) -> Page[StopOrderDocument]:
        """List what held on some day of the month, as it stood when the month ended (or today, while it lasts).

        Beside the monthly list of referrals, which has the same days.
        """
        scope, asked = caller.scope.narrowed(county=county), Month.parse(month)
        until, behind = min(asked.last, deps.acting(caller).today), after.position if after else None
        span = Span(last=asked.last, begins=zone.start_of_day(asked.first))
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(connection, scope, alive_in=span, after=behind, limit=limit + 1)
        return page_of(found, limit, item=lambda each: StopOrderDocument.of(each, until, zone), cursor=BySince.of)

    return routes
