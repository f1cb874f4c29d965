"""`GET /v1/receipts`: a county reads where its events stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from services.chassis.access.keys import Principal, require
from services.chassis.storage.database import Database
from services.chassis.web.problems import Problem
from services.gateway.receipts import tables
from services.gateway.receipts.documents import ReceiptPage, receipt_of
from services.gateway.receipts.model import ReceiptStatus

Integrator = Annotated[Principal, Depends(require("integrator"))]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes; `counties` are the city's."""

    database: Database
    counties: frozenset[str]


def router(deps: Deps) -> APIRouter:
    """Return the routes of the receipts."""
    routes = APIRouter()

    @routes.get("/v1/receipts/{receipt_id}", summary="查询回执")
    async def read_receipt(receipt_id: UUID, principal: Integrator) -> Response:
        """Say where one event stands: queued, recorded or rejected."""
        county = county_of(principal, deps.counties)
        async with deps.database.acquire() as connection:
            receipt = await tables.find(connection, county, receipt_id)
        if receipt is None:
            raise Problem(404, "receipt-not-found", "没有这张回执。")
        return _json(receipt_of(receipt))

    @routes.get("/v1/receipts", summary="回执列表")
    async def list_receipts(
        principal: Integrator,
        status: Annotated[ReceiptStatus | None, Query()] = None,
        after: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        """List the county's own receipts, newest first; `after` is the `next` of the page before."""
        county = county_of(principal, deps.counties)
        async with deps.database.acquire() as connection:
            found = await tables.newest(connection, county, status=status, before=after, limit=limit + 1)
        following = str(found[limit - 1].position) if len(found) > limit else None
        return _json(ReceiptPage(items=[receipt_of(item) for item in found[:limit]], next=following))

    return routes


def county_of(principal: Principal, counties: frozenset[str]) -> str:
    """Return the county a key speaks for; raises Problem 403 when it is none of this city's."""
    if principal.area not in counties:
        raise Problem(403, "no-county", "该密钥未绑定本市的县（市、区），不能报送事件。")
    return principal.area


def _json(document: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
