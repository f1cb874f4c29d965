"""`GET /v1/feed`: a county's own hazards and answers, in pages or as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from operator import lt
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, Header, Request, Response

from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import INTEGRATORS
from services.chassis.storage.database import is_retryable
from services.chassis.web.documents import JSON, answer
from services.chassis.web.media import asks_for
from services.chassis.web.paging import After, BadCursor
from services.chassis.web.parameters import Limit
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.chassis.web.streams import StreamedAnswer
from services.chassis.web.waiters import Place, Waiters
from services.chassis.web.waiting import Wait
from services.gateway.feed.documents import SILENCE, ByPlace, FeedPage, greeting, message
from services.gateway.feed.handlers import Feeds
from services.gateway.feed.model import Stretch

_log = structlog.get_logger(__name__)

READ: Final = Action("gateway.feed.read", "查看本县事件流", roles=INTEGRATORS, reach=Reach.COUNTY)
_MAY_READ: Final = allow(READ)
MayRead = Annotated[Caller, Depends(_MAY_READ)]
EVENT_STREAM: Final = "text/event-stream"
# So often a stream asks whether its reader may still read; after so many of these turns without news it says that it lives.
_TURN_SECONDS: Final = 2.0
_SILENT_TURNS: Final = 7
# Then the reader comes again by itself, so that connections move to other instances.
_STREAM_SECONDS: Final = 600
_STREAM_EVENTS: Final = 200
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": f"默认为一页；请求头 `Accept: {EVENT_STREAM}` 得到不断续传的事件流",
        "content": {
            EVENT_STREAM: {
                "schema": {"type": "string", "description": "server-sent events; each `id` is a place to go on from"}
            }
        },
    },
    **declares("feed-expired", "bad-cursor", "too-many-waiting"),
}
# No parameter of OpenAPI: of that name it lets none be described, the media types of the answers say it.
Accept = Annotated[str | None, Header(include_in_schema=False)]
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="事件流断开前最后收到的 id；优先于 after")
]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the route."""

    feeds: Feeds
    waiters: Waiters[str, int]


def router(deps: Deps) -> Router:
    """Return the route of the feed."""
    routes = Router(prefix="/v1", tags=["feed"])

    @routes.get("/feed", summary="本县事件流", response_model=FeedPage, responses=_RESPONSES)
    async def read_feed(
        caller: MayRead,
        wish: Wait,
        after: After[ByPlace] = None,
        limit: Limit = 100,
        accept: Accept = None,
        last_event_id: LastEventId = None,
    ) -> Response:
        """Tell what became of the county's events and hazards, in order, from `after` on or from the oldest kept.

        A page's `next` goes into `after` for what follows; with `Prefer: wait=N` an empty page waits for something.
        """
        assert caller.county is not None  # noqa: S101 - Reach.COUNTY
        position = _position(caller.county, last_event_id, after)
        if asks_for(accept, EVENT_STREAM, rather_than=JSON):
            return await _stream(deps, caller, caller.county, position, wish.request)
        with deps.waiters.place(caller.account, wish) as place:
            place.watch(caller.county)
            stretch = await _stretch(deps, caller.county, position, limit)
            if not stretch.events and await place.until(partial(lt, stretch.upto)) is not None:
                await _MAY_READ(wish.request)
                stretch = await _stretch(deps, caller.county, stretch.upto, limit)
        return answer(FeedPage.of(caller.county, stretch), headers=wish.applied)

    return routes


def _position(county: str, last_event_id: str | None, after: ByPlace | None) -> int | None:
    """Return the place to go on from; raises Problem for one that is none, or another county's."""
    try:
        found = ByPlace.parse(last_event_id) if last_event_id else after
    except BadCursor:
        raise Problem("bad-cursor", field="Last-Event-ID") from None
    if found is None:
        return None
    if found.county != county or found.position < 0:
        raise Problem("bad-cursor", field="Last-Event-ID" if last_event_id else "after")
    return found.position


async def _stretch(deps: Deps, county: str, position: int | None, limit: int) -> Stretch:
    stretch = await deps.feeds.after(county, position, limit)
    if stretch is None:
        raise Problem("feed-expired", field="after")
    return stretch


async def _stream(deps: Deps, caller: Caller, county: str, position: int | None, request: Request) -> Response:
    with ExitStack() as held:
        # Counted before anything is waited for: of many that come at once none is let in beyond the bound.
        place = held.enter_context(deps.waiters.place(caller.account, held=True))
        place.watch(county)
        first = await _stretch(deps, county, position, _STREAM_EVENTS)
        told = _told(deps, place, county, first, request)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamedAnswer(told, held.pop_all(), media_type=EVENT_STREAM, headers=headers)


async def _told(
    deps: Deps, place: Place[str, int], county: str, first: Stretch, request: Request
) -> AsyncIterator[bytes]:
    """Yield a county's feed from `first` on, whole events only, until the stream has had its time or its reader's rights end."""
    began, silent = time.monotonic(), 0
    stretch: Stretch | None = first
    yield greeting(county, first.events[0].position - 1 if first.events else first.upto)
    try:
        while stretch is not None and not deps.waiters.is_closed:
            for kept in stretch.events:
                yield message(kept)
            news = None
            while news is None and silent < _SILENT_TURNS:
                news = await place.until(partial(lt, stretch.upto), _TURN_SECONDS)
                silent = silent + 1 if news is None else 0
                if deps.waiters.is_closed or time.monotonic() - began > _STREAM_SECONDS:
                    return
                if not await _still_reads(request, county):
                    return
            if news is None:
                silent = 0
                yield SILENCE
            stretch = await deps.feeds.after(county, stretch.upto, _STREAM_EVENTS)
    except Exception as error:
        if not is_retryable(error):
            raise
        # The reader comes again with the last id that it has.
        _log.warning("a feed ends early", county=county, error=repr(error))


async def _still_reads(request: Request, county: str) -> bool:
    """Return whether who asked for a county's stream may still read it: its key may have been revoked since."""
    try:
        return (await _MAY_READ(request)).county == county
    except Problem:
        return False
