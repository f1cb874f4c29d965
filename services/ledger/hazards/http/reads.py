"""`GET /v1/hazards…`: lists, counts, one hazard, its history."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response

from duban_contracts.events.consultation import Tier
from duban_contracts.events.types import Channel, Grade, HazardState, ListingLevel
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, INTEGRATORS, TOWNSHIP
from services.chassis.storage.database import Database
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import County, Limit, Text
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.hazards.documents import CountGroup, HazardCount, HazardDocument, HazardHistory, HazardName
from services.ledger.hazards.handlers.find_hazard import find_hazard
from services.ledger.hazards.tables import register
from services.ledger.hazards.tables.register import Filter, Group
from services.ledger.history.documents import HistoryItem
from services.ledger.history.tables import records

# An operator keeps the machines and reads no case data; observers read results; tip officers read tips.
READ: Final = Action("ledger.hazards.read", "查看隐患", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS)

Reader = Annotated[Caller, Depends(allow(READ))]


class ByArrival(Cursor, frozen=True, tag="hazards"):
    """Where a page of hazards ends. Ids grow with time."""

    hazard_id: UUID


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
    task: Annotated[Text | None, Query(description="发现隐患的检查任务（标识或编号）")] = None,
    first_confirmed: Annotated[
        bool | None, Query(description="已作一级确认；与 state=reported 一起，即等待二级确认的隐患")
    ] = None,
    listed: bool | None = None,  # noqa: FBT001 - a query parameter
    listing_level: ListingLevel | None = None,
    sent_up_to: Annotated[Tier | None, Query(description="经会商提交到该级办理的隐患")] = None,
) -> Filter:
    """Add what is asked about what stands beside the state."""
    return replace(
        wanted,
        task=task,
        first_confirmed=first_confirmed,
        listed=listed,
        listing_level=listing_level,
        sent_up_to=sent_up_to,
    )


Wanted = Annotated[Filter, Depends(_standing)]


def router(database: Database) -> Router:
    """Return the routes of all reads."""
    routes = Router(prefix="/v1", tags=["hazards"])
    _many(routes, database)
    _one(routes, database)
    return routes


def _many(routes: Router, database: Database) -> None:
    @routes.get("/hazards", summary="隐患列表")
    async def page(
        caller: Reader, wanted: Wanted, after: After[ByArrival] = None, limit: Limit = 50
    ) -> Page[HazardDocument]:
        """Return a page of hazards, newest first."""
        async with database.acquire() as connection:
            found = await register.page(
                connection, caller.scope, wanted, after=after.hazard_id if after else None, limit=limit + 1
            )
        return page_of(
            found, limit, item=HazardDocument.of, cursor=lambda hazard: ByArrival(hazard_id=UUID(hazard.hazard_id))
        )

    # Before the single hazard: `count` must not be taken for a hazard of that name.
    @routes.get("/hazards/count", summary="隐患计数")
    async def count(caller: Reader, wanted: Wanted, group_by: Group | None = None) -> HazardCount:
        """Return how many hazards there are, by value of `group_by`."""
        async with database.acquire() as connection:
            rows = await register.count(connection, caller.scope, wanted, group_by)
        groups = [CountGroup(value=value, count=number) for value, number in rows] if group_by else []
        return HazardCount(total=sum(number for _, number in rows), groups=groups)


def _one(routes: Router, database: Database) -> None:
    missing = declares("hazard-not-found")

    @routes.get("/hazards/{name}", summary="一条隐患（按标识或编号）", response_model=HazardDocument, responses=missing)
    async def one(caller: Reader, name: HazardName) -> Response:
        """Return one hazard by id or number, with its version as ETag."""
        async with database.acquire() as connection:
            hazard = await find_hazard(connection, name, caller)
        if hazard is None:
            raise Problem("hazard-not-found", field="name")
        return answer(HazardDocument.of(hazard), version=hazard.version)

    @routes.get("/hazards/{name}/history", summary="一条隐患的全部历史", responses=missing)
    async def history(caller: Reader, name: HazardName) -> HazardHistory:
        """Return a hazard's history, oldest first."""
        async with database.acquire() as connection:
            hazard = await find_hazard(connection, name, caller)
            if hazard is None:
                raise Problem("hazard-not-found", field="name")
            found = await records.of_hazard(connection, hazard.hazard_id)
        return HazardHistory(items=[HistoryItem.of(record) for record in found])
