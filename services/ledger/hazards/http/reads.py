"""`GET /v1/hazards…`: lists, counts, one hazard, its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends, Query, Response

from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Channel, Grade, HazardState, ListingLevel, TownshipCode
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, INTEGRATORS, TOWNSHIP
from services.chassis.storage.database import Database
from services.chassis.web.conditional import KnownTags
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, County, Limit, Text
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.chassis.web.waiting import Wait, waits
from services.ledger.hazards.documents import CountGroup, HazardCount, HazardDocument, HazardHistory, HazardName
from services.ledger.hazards.handlers.find_hazard import seen_hazard
from services.ledger.hazards.handlers.telling import READ_AHEAD, history_told
from services.ledger.hazards.handlers.watching import Watch
from services.ledger.hazards.http.awaited import (
    Asking,
    ByArrival,
    end_of_page,
    one_hazard,
    one_reference,
    reference_of,
)
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import lists
from services.ledger.hazards.tables.register import Filter, Group
from services.ledger.history.documents import HistoryItem

# An operator keeps the machines and reads no case data; observers read results; tip officers read tips.
READ: Final = Action("ledger.hazards.read", "查看隐患", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS)

_MAY_READ: Final = allow(READ)
Reader = Annotated[Caller, Depends(_MAY_READ)]
HistoryReader = Annotated[Caller, Depends(allow(READ, beside=[READ_AHEAD]))]


# Asynchronous, though it waits for nothing: FastAPI hands a plain function to a thread, at several times its cost.
async def _filter(
    county: County | None = None,
    sector: Text | None = None,
    grade: Grade | None = None,
    state: HazardState | None = None,
    channel: Channel | None = None,
    responsible_unit: Text | None = None,
    overdue: bool | None = None,  # noqa: FBT001 - a query parameter
    reference: Text | None = None,
    q: Annotated[Text | None, Query(description="在编号、企业、地点、描述中查找")] = None,
) -> Filter:
    return Filter(
        county=county,
        sector=sector,
        grade=grade,
        state=state,
        channel=channel,
        responsible_unit=responsible_unit,
        overdue=overdue,
        reference=reference,
        text=q,
    )


async def _standing(
    wanted: Annotated[Filter, Depends(_filter)],
    township: Annotated[str | None, Checked(TownshipCode), Query(description="乡镇、街道的区划代码")] = None,
    task: Annotated[Text | None, Query(description="发现隐患的检查任务（标识或编号）")] = None,
    first_confirmed: Annotated[bool | None, Query(description="已作一级确认、等待二级确认（或二级调级）的隐患")] = None,
    listed: bool | None = None,  # noqa: FBT001 - a query parameter
    listing_level: ListingLevel | None = None,
    sent_up_to: Annotated[Tier | None, Query(description="经会商提交到该级办理的隐患")] = None,
) -> Filter:
    """Add what is asked about what stands beside the state."""
    return replace(
        wanted,
        township=township,
        task=task,
        first_confirmed=first_confirmed,
        listed=listed,
        listing_level=listing_level,
        sent_up_to=sent_up_to,
    )


Filters = Annotated[Filter, Depends(_standing)]


async def _asking(caller: Reader, wish: Wait, known: KnownTags) -> Asking:
    return Asking(caller=caller, admit=_MAY_READ, wish=wish, known=known)


# The router asks this before anything else of the request.
_asking.admits = True  # type: ignore[attr-defined]
AskingReader = Annotated[Asking, Depends(_asking)]


def router(database: Database, watch: Watch) -> Router:
    """Return the routes of all reads."""
    routes = Router(prefix="/v1", tags=["hazards"])
    _many(routes, database, watch)
    _one(routes, database, watch)
    return routes


def _many(routes: Router, database: Database, watch: Watch) -> None:
    @routes.get("/hazards", summary="隐患列表", response_model=Page[HazardDocument], responses=waits())
    async def page(
        asking: AskingReader, wanted: Filters, after: After[ByArrival] = None, limit: Limit = 50
    ) -> Response:
        """Return a page of hazards, newest first.

        Narrowed to one `reference` of a county it has an ETag. With `Prefer: wait=N` it then comes as soon as there is
        something, or with `If-None-Match` as soon as it is another than the one known; else after N seconds: as empty
        as it was, or 304.
        """

        async def read(caller: Caller) -> Sequence[Hazard]:
            # By its reference a hazard is found by one plan for all.
            async with database.reading(caller.scope, asks=wanted.reference is None) as connection:
                return await lists.page(
                    connection, caller.scope, wanted, after=after.hazard_id if after else None, limit=limit + 1
                )

        reference = reference_of(wanted, asking.caller)
        if reference is None or after is not None:
            found = await read(asking.caller)
            return answer(page_of(found, limit, item=HazardDocument.of, cursor=end_of_page))
        asks_more = wanted != Filter(county=wanted.county, reference=wanted.reference)
        return await one_reference(watch, reference, asking, limit, read if asks_more else None)

    # Before the single hazard: `count` must not be taken for a hazard of that name.
    @routes.get("/hazards/count", summary="隐患计数")
    async def count(caller: Reader, wanted: Filters, group_by: Group | None = None) -> HazardCount:
        """Return how many hazards there are, by value of `group_by`.

        One that was reported more than once (归并) counts once, as the one that goes on; what stands merged is counted by
        `state=duplicate` alone, report by report.
        """
        async with database.reading(caller.scope, asks=True) as connection:
            found = await lists.count(connection, caller.scope, wanted, group_by)
        groups = [CountGroup(value=value, count=number) for value, number in found.groups] if group_by else []
        total = sum(number for _, number in found.groups)
        return HazardCount(total=total, groups=groups, complete=found.complete)


def _one(routes: Router, database: Database, watch: Watch) -> None:
    @routes.get(
        "/hazards/{name}",
        summary="一条隐患（按标识或编号）",
        response_model=HazardDocument,
        responses=waits("hazard-not-found"),
    )
    async def one(asking: AskingReader, name: HazardName) -> Response:
        """Return one hazard by id or number, with its version as ETag.

        With `Prefer: wait=N` and that ETag in `If-None-Match` it comes as soon as something has happened to it, or 304
        after N seconds.
        """
        return await one_hazard(watch, HazardKey.parse(name), asking)

    @routes.get("/hazards/{name}/history", summary="一条隐患的全部历史", responses=declares("hazard-not-found"))
    async def history(caller: HistoryReader, name: HazardName) -> HazardHistory:
        """Return a hazard's history, oldest first; to an enterprise without when it is looked at again."""
        async with database.reading(caller.scope) as connection:
            hazard = await seen_hazard(database, connection, name, caller)
            if hazard is None:
                raise Problem("hazard-not-found", field="name")
            found = await history_told(connection, hazard.hazard_id, caller)
        return HazardHistory(items=[HistoryItem.of(record) for record in found])
