"""HTTP: read deliveries, decide about those that wait or are stuck."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import CITY_OFFICES, OFFICES, OPERATORS, REGULATORS
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.notifications.delivery.documents import DeliveryDocument, with_history
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.handlers.resolve import Resolve, confirm_delivery, retry_delivery
from services.notifications.delivery.model.delivery import DeliveryState
from services.notifications.delivery.tables import reads

WATCH: Final = Action("notifications.delivery.watch", "查看送达记录", roles=OPERATORS | OFFICES | REGULATORS)
RESOLVE: Final = Action("notifications.delivery.resolve", "处置送达", roles=OPERATORS | CITY_OFFICES)

Watcher = Annotated[Caller, Depends(allow(WATCH))]
Resolver = Annotated[Caller, Depends(allow(RESOLVE))]

_CONFLICTS: Final = declares("delivery-not-found", "delivery-state-conflict")


class ByPosition(Cursor, frozen=True, tag="deliveries"):
    """Newest first."""

    position: int


def router(deps: Deps) -> Router:
    """Return the routes of deliveries."""
    routes = Router(prefix="/v1", tags=["deliveries"])

    @routes.get("/deliveries", summary="送达记录，最新在前")
    async def list_deliveries(
        caller: Watcher, state: DeliveryState | None = None, after: After[ByPosition] = None, limit: Limit = 50
    ) -> Page[DeliveryDocument]:
        position = after.position if after else None
        async with deps.database.asking() as connection:
            rows = await reads.page(connection, caller.scope, state=state, after=position, limit=limit + 1)
        return page_of(rows, limit, item=DeliveryDocument.of, cursor=lambda row: ByPosition(position=row["position"]))

    @routes.post(
        "/deliveries/{delivery_id}/retry",
        summary="重新发送失败或结果不明的送达；待发的立即发送",
        response_model=DeliveryDocument,
        responses=_CONFLICTS,
    )
    async def retry(delivery_id: UUID, caller: Resolver, once: Once) -> Response:
        return await _resolve(retry_delivery, delivery_id, caller, once, deps)

    @routes.post(
        "/deliveries/{delivery_id}/confirm",
        summary="确认结果不明的送达确已收到",
        response_model=DeliveryDocument,
        responses=_CONFLICTS,
    )
    async def confirm(delivery_id: UUID, caller: Resolver, once: Once) -> Response:
        return await _resolve(confirm_delivery, delivery_id, caller, once, deps)

    return routes


async def _resolve(verb: Resolve, delivery_id: UUID, caller: Caller, once: Once, deps: Deps) -> Response:
    """Let an operator decide about one delivery; return how it stands then. Raises Problem."""
    missing = Problem("delivery-not-found", field="delivery_id")
    async with deps.database.transaction() as connection:
        await once.begin(connection, caller.account)
        found_in_scope(await reads.one(connection, delivery_id), reads.facts_of, caller, missing)
        refusal = await verb(connection, delivery_id, account=caller.account, deps=deps)
        if refusal is not None:
            raise Problem.of(refusal)
        row = found_in_scope(await reads.one(connection, delivery_id), reads.facts_of, caller, missing)
        [document] = with_history([row], await reads.attempts_of(connection, [delivery_id]))
        return await once.keep(connection, answer(document))
