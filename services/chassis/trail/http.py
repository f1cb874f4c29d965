"""`GET /v1/trail`: the audit trail of a service, for auditors and nobody else; to read, to search, to take away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query, Request, Response
from starlette.datastructures import URL

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import AUDITORS
from services.chassis.storage.database import Database
from services.chassis.storage.trail import Outcome
from services.chassis.trail import tables
from services.chassis.trail.documents import ByTime, TrailItem, csv_of, lines_of
from services.chassis.trail.model import TrailRecord
from services.chassis.trail.tables import Filter
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Moment, Text
from services.chassis.web.routes import Router

_JSON_LINES: Final = "application/x-ndjson"
_CSV: Final = "text/csv"
_FORMATS: Final[Mapping[str, tuple[Callable[[Sequence[TrailItem]], bytes], str]]] = {
    "jsonl": (lines_of, _JSON_LINES),
    "csv": (csv_of, _CSV),
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            _JSON_LINES: {"schema": {"type": "string", "description": "format=jsonl：每行一条"}},
            _CSV: {"schema": {"type": "string", "description": "format=csv：首行为列名"}},
        },
        "headers": {"Link": {"schema": {"type": "string"}, "description": "下一页的地址（rel=next），末页没有"}},
    }
}

Most = Annotated[int, Query(ge=1, le=5000, description="每页条数；内容很多的页不足此数即止，以 next 为准")]


def action_of(service: str) -> Action:
    """Return the right to read a service's trail."""
    return Action(f"{service}.trail.read", "查看操作留痕", roles=AUDITORS, reach=Reach.CITY)


async def _filter(
    account: Annotated[Text | None, Query(description="操作账号")] = None,
    object: Annotated[  # noqa: A002 - the query parameter's name
        Text | None, Query(description="操作对象：地址中的编号或标识，或被改动事项的标识")
    ] = None,
    event: Annotated[Text | None, Query(description="事件编号：县区报来的事件，或改动所产生的事件")] = None,
    action: Annotated[Text | None, Query(description="操作，见权限表")] = None,
    outcome: Outcome | None = None,
    since: Annotated[Moment | None, Query(description="自此时刻起（含）")] = None,
    until: Annotated[Moment | None, Query(description="至此时刻止（不含）")] = None,
) -> Filter:
    return Filter(account=account, object=object, event=event, action=action, outcome=outcome, since=since, until=until)


async def _address(request: Request) -> URL:
    return request.url


def router(service: str, database: Database) -> Router:
    """Return the route of the trail."""
    routes = Router(prefix="/v1", tags=["trail"])
    admitted = Depends(allow(action_of(service)))

    async def page(
        address: Annotated[URL, Depends(_address)],
        wanted: Annotated[Filter, Depends(_filter)],
        _: Caller = admitted,
        after: After[ByTime] = None,
        limit: Most = 100,
        format: Literal["json", "jsonl", "csv"] = "json",  # noqa: A002 - the query parameter's name
    ) -> Response:
        """Return a page of the trail, newest first; the header `Link` leads to the next one in every format.

        A page of rows that name much ends before its `limit`.
        """
        before = (after.at, after.position) if after else None
        async with database.asking() as connection:
            found, fitting = await tables.light_page(connection, wanted, before, limit)
        # Beside the event loop: 5000 rows would hold up everybody else's request.
        return await asyncio.to_thread(_written, address, found, fitting, format)

    routes.add_api_route(
        "/trail",
        page,
        methods=["GET"],
        summary="操作留痕：谁、何时、从何处、对什么做了什么、结果如何",
        response_model=Page[TrailItem],
        responses=_RESPONSES,
    )
    return routes


def _written(address: URL, found: Sequence[TrailRecord], fitting: int, format_: str) -> Response:
    """Return the page of the first `fitting` of the rows that were found, written in this format."""
    shown = page_of(found, fitting, item=TrailItem.of, cursor=lambda row: ByTime(at=row.at, position=row.position))
    headers = _to_next(address, shown)
    if format_ in _FORMATS:
        write, kind = _FORMATS[format_]
        return Response(write(shown.items), media_type=kind, headers=headers)
    return answer(shown, headers=headers)


def _to_next(address: URL, shown: Page[TrailItem]) -> dict[str, str]:
    """Return the `Link` to the next page (RFC 8288): the same address with another `after`."""
    if shown.next is None:
        return {}
    there = address.include_query_params(after=shown.next)
    return {"Link": f'<{there.path}?{there.query}>; rel="next"'}
