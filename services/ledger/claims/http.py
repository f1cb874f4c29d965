"""`GET /v1/waiting-claims` and `GET /v1/rejected-claims`: what didn't get into the ledger, or not yet (promise P7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends

from services.chassis.access.policy import Action, allow, permits
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import INTEGRATORS, OFFICES, OPERATORS, REGULATORS
from services.chassis.storage.database import Database
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.routes import Router
from services.ledger.claims.documents import KeptClaim, RejectedClaimDocument, WaitingClaimDocument
from services.ledger.claims.tables import lists

D = TypeVar("D", bound=KeptClaim)

READ: Final = Action(
    "ledger.claims.read", "查看等待和不予受理的上报", roles=REGULATORS | OFFICES | INTEGRATORS | OPERATORS
)
# An operator keeps the machines and reads no case data.
READ_BYTES: Final = Action("ledger.claims.read-bytes", "查看上报原文", roles=REGULATORS | OFFICES | INTEGRATORS)

Reader = Annotated[Caller, Depends(allow(READ, beside=[READ_BYTES]))]


class ByClaim(Cursor, frozen=True, tag="claims"):
    """Where a page of claims ends."""

    id: int


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database


def router(deps: Deps) -> Router:
    """Return the routes of the claims."""
    routes = Router(prefix="/v1", tags=["claims"])

    @routes.get("/waiting-claims", summary="等待中的上报")
    async def waiting(caller: Reader, after: After[ByClaim] = None, limit: Limit = 100) -> Page[WaitingClaimDocument]:
        """Return claims that wait for their report or its confirmation, in the order they came."""
        async with deps.database.reading(caller.scope) as connection:
            rows = await lists.waiting(connection, caller.scope, after.id if after else 0, limit + 1)
        return _page(rows, limit, WaitingClaimDocument, caller)

    @routes.get("/rejected-claims", summary="不予受理的上报")
    async def rejected(caller: Reader, after: After[ByClaim] = None, limit: Limit = 100) -> Page[RejectedClaimDocument]:
        """Return refused claims with the reason, the origin and the bytes, in the order they were refused."""
        async with deps.database.reading(caller.scope) as connection:
            rows = await lists.rejected(connection, caller.scope, after.id if after else 0, limit + 1)
        return _page(rows, limit, RejectedClaimDocument, caller)

    return routes


def _page(rows: Sequence[Mapping[str, Any]], limit: int, document: type[D], caller: Caller) -> Page[D]:
    with_bytes = permits(caller, READ_BYTES)
    return page_of(
        rows,
        limit,
        item=lambda row: document.of(row, with_bytes=with_bytes),
        cursor=lambda row: ByClaim(id=row["id"]),
    )
