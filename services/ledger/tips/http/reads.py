"""`GET /v1/tips…`: lists, one tip, what was done to it. Nothing here leads to who reported it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response

from services.chassis.access.policy import Action, allow
from services.chassis.access.reading import one_of
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import DIRECTORS, OFFICES, REGULATORS, TIP_OFFICERS, TOWNSHIP
from services.chassis.storage.database import Connection, Database
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import County, Limit, Text
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.tips.documents import ByArrival, TipDocument, TipHistory, TipName, TipRecordDocument
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.tips.model.tip import Tip, TipChannel, TipState
from services.ledger.tips.tables import lists, rows
from services.ledger.tips.tables.lists import Filter

READ: Final = Action("ledger.tips.read", "查看举报", roles=TIP_OFFICERS | REGULATORS | OFFICES | TOWNSHIP | DIRECTORS)
Reader = Annotated[Caller, Depends(allow(READ))]
Unanswered = Annotated[bool, Query(description="只列答复期限已过、尚未答复上级的")]


def router(database: Database, office: TipOffice) -> Router:
    """Return the routes of all reads."""
    routes = Router(prefix="/v1", tags=["tips"])
    _many(routes, database, office)
    _one(routes, database)
    return routes


def _many(routes: Router, database: Database, office: TipOffice) -> None:
    @routes.get("/tips", summary="举报列表")
    async def page(
        caller: Reader,
        county: County | None = None,
        sector: Text | None = None,
        state: TipState | None = None,
        channel: TipChannel | None = None,
        *,
        unanswered: Unanswered = False,
        after: After[ByArrival] = None,
        limit: Limit = 50,
    ) -> Page[TipDocument]:
        """Return a page of tips, newest first."""
        today = office.acting(caller).today if unanswered else None
        wanted = Filter(county=county, sector=sector, state=state, channel=channel, unanswered_on=today)
        async with database.reading(caller.scope, asks=True) as connection:
            found = await lists.page(
                connection, caller.scope, wanted, after=after.tip_id if after else None, limit=limit + 1
            )
        return page_of(found, limit, item=TipDocument.of, cursor=lambda tip: ByArrival(tip_id=UUID(tip.tip_id)))


def _one(routes: Router, database: Database) -> None:
    missing = declares("tip-not-found")

    @routes.get("/tips/{name}", summary="一件举报（按标识或编号）", response_model=TipDocument, responses=missing)
    async def one(caller: Reader, name: TipName) -> Response:
        """Return one tip, with its version as ETag."""
        async with database.reading(caller.scope) as connection:
            tip = await seen(database, connection, name, caller)
        return answer(TipDocument.of(tip), version=tip.version)

    @routes.get("/tips/{name}/records", summary="一件举报的办理记录", responses=missing)
    async def history(caller: Reader, name: TipName) -> TipHistory:
        """Return what was done to a tip, oldest first."""
        async with database.reading(caller.scope) as connection:
            tip = await seen(database, connection, name, caller)
            found = await rows.records(connection, tip.tip_id)
        return TipHistory(items=[TipRecordDocument.of(record) for record in found])


async def seen(database: Database, connection: Connection, name: str, caller: Caller) -> Tip:
    """Return the tip of this id or number over a connection of `database.reading`; raises Problem 404 when there is none."""
    tip = await one_of(database, connection, partial(rows.find, name=name), rows.facts_of, caller)
    if tip is None:
        raise Problem("tip-not-found", field="name")
    return tip
