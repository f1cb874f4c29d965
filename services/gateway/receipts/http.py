"""`GET /v1/receipts`: a county reads where its events stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import ne
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import INTEGRATORS
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Database
from services.chassis.web.conditional import IfNoneMatch, KnownTags, Tagged
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router
from services.chassis.web.waiters import Place, Waiters
from services.chassis.web.waiting import Wait, Wish, waits
from services.gateway.receipts import tables
from services.gateway.receipts.documents import ReceiptDocument
from services.gateway.receipts.model import Receipt, ReceiptStatus, Stamp

READ: Final = Action("gateway.receipts.read", "查看回执", roles=INTEGRATORS, reach=Reach.COUNTY)
_MAY_READ: Final = allow(READ)
MayRead = Annotated[Caller, Depends(_MAY_READ)]


class ByPosition(Cursor, frozen=True, kw_only=True, tag="receipts"):
    """Receipts stand in the order of their reservation."""

    position: int


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    waiters: Waiters[UUID, Stamp]


def router(deps: Deps) -> Router:
    """Return the routes of the receipts."""
    routes = Router(prefix="/v1", tags=["receipts"])

    @routes.get(
        "/receipts/{receipt_id}",
        summary="查询回执",
        response_model=ReceiptDocument,
        responses=waits("receipt-not-found"),
    )
    async def read_receipt(receipt_id: UUID, caller: MayRead, wish: Wait, known: KnownTags) -> Response:
        """Say where one event stands: queued, recorded or rejected.

        With `Prefer: wait=N` the answer comes as soon as the ledger is done with the event, and after N seconds anyway;
        with `If-None-Match` beside it as soon as the receipt is another than the one known, or else 304. One that there is
        not yet is waited for as long: what a county writes to its topic has its receipt when it is answered.
        """
        with deps.waiters.place(caller.account, wish) as place:
            place.watch(receipt_id)
            receipt = await _receipt_in_time(deps, receipt_id, caller, wish, place)
            while not _is_enough(receipt, known):
                if await place.until(partial(ne, receipt.stamp)) is None:
                    break
                receipt = await _receipt(deps, receipt_id, await _MAY_READ(wish.request))
        return Tagged(ReceiptDocument.of(receipt), headers=wish.applied).unless(known)

    @routes.get("/receipts", summary="回执列表")
    async def list_receipts(
        caller: MayRead,
        status: Annotated[ReceiptStatus | None, Query(description="只看这一状态")] = None,
        after: After[ByPosition] = None,
        limit: Limit = 100,
    ) -> Page[ReceiptDocument]:
        """List the county's own receipts, newest first; `after` is the `next` of the page before."""
        before = None if after is None else after.position
        async with deps.database.asking() as connection:
            found = await tables.newest(connection, caller.scope, status=status, before=before, limit=limit + 1)
        return page_of(found, limit, item=ReceiptDocument.of, cursor=_end_of_page)

    return routes


async def _receipt_in_time(
    deps: Deps, receipt_id: UUID, caller: Caller, wish: Wish, place: Place[UUID, Stamp]
) -> Receipt:
    """Return the receipt as soon as it is there; raises Problem 404 when the time is over, also for one of another county."""
    stamp: Stamp | None = None
    while True:
        try:
            return await _receipt(deps, receipt_id, caller)
        except Problem:
            stamp = await place.until(partial(ne, stamp))
            if stamp is None:
                raise
        caller = await _MAY_READ(wish.request)


def _is_enough(receipt: Receipt, known: IfNoneMatch) -> bool:
    """Return whether nobody need wait any longer: for the end, or for another than what is known."""
    return not known.holds(Tagged(ReceiptDocument.of(receipt)).tag) if known else receipt.is_final


async def _receipt(deps: Deps, receipt_id: UUID, caller: Caller) -> Receipt:
    async with deps.database.acquire() as connection:
        receipt = await tables.find(connection, receipt_id)
    return found_in_scope(receipt, _facts_of, caller, Problem("receipt-not-found"))


def _facts_of(receipt: Receipt) -> Facts:
    return Facts(county=receipt.county)


def _end_of_page(receipt: Receipt) -> ByPosition:
    return ByPosition(position=receipt.position)
