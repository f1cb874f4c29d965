"""`GET /v1/supervision-groups…`: who inspects where, and what was found there in a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query

from duban_contracts.groups import SupervisionGroup
from duban_contracts.profile import City
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF
from services.chassis.storage.database import Database
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Limit, MonthText
from services.chassis.web.routes import Router
from services.ledger.groups import tables
from services.ledger.groups.documents import GroupDocument, GroupFinding, GroupsDocument, MonthDocument
from services.ledger.groups.model import Month, whole
from services.ledger.hazards.documents import HazardDocument

READ: Final = Action("ledger.groups.read", "查看包片督导组及其检查发现", roles=CASE_STAFF)
Reader = Annotated[Caller, Depends(allow(READ))]
GroupText = Annotated[str, Query(pattern=r"^[A-Z][A-Z0-9-]{0,15}$", description="包片督导组代码")]


class ByArrival(Cursor, frozen=True, tag="findings"):
    """Where a page of findings ends."""

    hazard_id: UUID


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    city: City


def router(deps: Deps) -> Router:
    """Return the routes of the groups."""
    routes = Router(prefix="/v1/supervision-groups", tags=["groups"])

    @routes.get("", summary="包片督导组")
    async def groups(caller: Reader) -> GroupsDocument:
        """Return the groups whose areas the caller sees, some of them at least."""
        return GroupsDocument(items=[GroupDocument.of(group) for group in _seen(deps.city, caller)])

    _months(routes, deps)
    return routes


def _months(routes: Router, deps: Deps) -> None:
    @routes.get("/findings", summary="一月的检查发现，全市合并或一组")
    async def findings(
        caller: Reader,
        month: MonthText,
        group: GroupText | None = None,
        after: After[ByArrival] = None,
        limit: Limit = 50,
    ) -> Page[GroupFinding]:
        """Return what inspections found in a month, newest first, each with its group."""
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(
                connection,
                caller.scope,
                deps.city.groups,
                Month.parse(month),
                group=group,
                after=after.hazard_id if after else None,
                limit=limit + 1,
            )
        return page_of(
            found,
            limit,
            item=lambda row: GroupFinding(group=row[0], hazard=HazardDocument.of(row[1])),
            cursor=lambda row: ByArrival(hazard_id=UUID(row[1].hazard_id)),
        )

    @routes.get("/findings/count", summary="一月的检查发现，按组计数")
    async def count(caller: Reader, month: MonthText) -> MonthDocument:
        """Return how much was found in each group's area, and in all."""
        seen, named = _seen(deps.city, caller), Month.parse(month)
        async with (
            deps.database.reading(caller.scope) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            counts = await tables.by_group(connection, caller.scope, deps.city.groups, named)
            total = await tables.total(connection, caller.scope, named)
        names = {group.code: group.name for group in deps.city.groups}
        return MonthDocument.of(month, total, whole(counts, [group.code for group in seen]), names)


def _seen(city: City, caller: Caller) -> Sequence[SupervisionGroup]:
    counties, townships = caller.scope.county, caller.scope.township
    if townships is not None:
        return [group for group in city.groups if townships & set(group.areas)]
    county_of = {region.code: region.parent or region.code for region in city.regions}
    return [group for group in city.groups if counties is None or counties & {county_of[a] for a in group.areas}]
