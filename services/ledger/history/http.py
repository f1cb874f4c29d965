"""`GET /v1/history`: the whole history, for audits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import Depends, Query, Response

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_STAFF
from services.chassis.web.documents import answer
from services.chassis.web.parameters import Position
from services.chassis.web.routes import Router
from services.ledger.history.documents import ExportedRecord, ExportPage
from services.ledger.history.tables.export import Export

EXPORT: Final = Action("ledger.history.export", "导出全部历史", roles=CITY_STAFF, reach=Reach.CITY)
_JSON_LINES: Final = "application/x-ndjson"
_ENCODER: Final = msgspec.json.Encoder()
_LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {_JSON_LINES: {"schema": {"type": "string", "description": "with format=jsonl: one item a line"}}}}
}

ExportLimit = Annotated[int, Query(ge=1, le=5000)]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    export: Export


def router(deps: Deps) -> Router:
    """Return the route of the export."""
    routes = Router(prefix="/v1", tags=["history"])

    @routes.get("/history", summary="全部历史，供审计导出", response_model=ExportPage, responses=_LINES)
    async def export(
        caller: Annotated[Caller, Depends(allow(EXPORT))],
        after: Position = 0,
        # 0.6 MB: a page twice as long takes 7 ms of the process, and as long everybody else waits.
        limit: ExportLimit = 500,
        format: Literal["json", "jsonl"] = "json",  # noqa: A002 - the query parameter's name
    ) -> Response:
        """Return the history page by page: nothing can later appear before what was read.

        `payload` is the published JSON as text, so that its bytes stay what the digest was made over.
        """
        found = await deps.export.page(after, limit, caller.scope)
        items = [ExportedRecord.of(position, record) for position, record in found]
        if format == "jsonl":
            return Response(_ENCODER.encode_lines(items), media_type=_JSON_LINES)
        return answer(ExportPage(items=items, next=items[-1].position if len(items) == limit else None))

    return routes
