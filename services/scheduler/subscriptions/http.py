"""Subscriptions over HTTP: the office issues and revokes them, calendar programs read their feed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Response

from duban_contracts.profile import City
from duban_contracts.refusals import violation
from services.chassis.access.policy import PUBLIC, Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CITY_OFFICES
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.scheduler.subscriptions import handlers, tables
from services.scheduler.subscriptions.documents.subscription import (
    BySubscription,
    IssuedSubscription,
    SubscriptionDocument,
)
from services.scheduler.subscriptions.model import NewSubscription, Subscription, digest_of
from services.scheduler.tasks.model.task import Task

READ: Final = Action("scheduler.subscriptions.read", "查看日历订阅", roles=CITY_OFFICES, reach=Reach.CITY)
WRITE: Final = Action("scheduler.subscriptions.write", "签发和吊销日历订阅", roles=CITY_OFFICES, reach=Reach.CITY)
Reader = Annotated[Caller, Depends(allow(READ))]
Writer = Annotated[Caller, Depends(allow(WRITE))]
_CALENDAR: Final = "text/calendar"


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    clock: Clock
    city: City


def router(deps: Deps) -> Router:
    """Return the routes of subscriptions and of their feeds."""
    routes = Router(prefix="/v1", tags=["subscriptions"])
    _keeping(routes, deps)
    _revoking(routes, deps)
    _feed(routes, deps)
    return routes


def _keeping(routes: Router, deps: Deps) -> None:
    @routes.get("/subscriptions", summary="日历订阅清单")
    async def list_subscriptions(
        _: Reader, after: After[BySubscription] = None, limit: Limit = 100
    ) -> Page[SubscriptionDocument]:
        """List subscriptions, the revoked ones too; none shows its secret."""
        async with deps.database.acquire() as connection:
            rows = await tables.page(connection, after=after.subscription_id if after else "", limit=limit + 1)
        return page_of(rows, limit, item=SubscriptionDocument.of, cursor=BySubscription.of)

    # Without Idempotency-Key: the answer that is kept for a repetition would hold the secret.
    @routes.post(
        "/subscriptions",
        summary="签发一个日历订阅地址",
        status_code=201,
        response_model=IssuedSubscription,
    )
    async def issue(wanted: JsonBody[NewSubscription], caller: Writer) -> Response:
        """Issue the address of a calendar; it holds a secret, is shown this once, and holds until it is revoked."""
        if wanted.county is None and wanted.unit is None:
            raise Problem.of_all([violation("missing-field", "$.unit")])
        known = [deps.city.code, *(county.code for county in deps.city.counties)]
        if wanted.county is not None and wanted.county not in known:
            raise Problem.of_all([violation("unknown-value", "$.county", values=", ".join(known))])
        async with deps.database.transaction() as connection:
            made, token = await handlers.issue(connection, wanted, at=deps.clock.now(), by=caller.account)
        issued = IssuedSubscription(subscription=SubscriptionDocument.of(made), path=f"/v1/calendar-feeds/{token}.ics")
        return answer(issued, status=201, headers={"Cache-Control": "no-store"})


def _revoking(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/subscriptions/{subscription_id}/revoke",
        summary="吊销一个日历订阅地址",
        responses=declares("subscription-not-found"),
    )
    async def revoke(
        subscription_id: Annotated[str, Path(max_length=64, pattern=r"^[0-9a-f-]+$")], caller: Writer
    ) -> SubscriptionDocument:
        """Revoke an address: from now on it is as one that never was. Revoking it again changes nothing."""
        async with deps.database.transaction() as connection:
            ended = await tables.revoke(connection, subscription_id, at=deps.clock.now(), by=caller.account)
        if ended is None:
            raise Problem("subscription-not-found", field="subscription_id")
        return SubscriptionDocument.of(ended)


def _feed(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/calendar-feeds/{token}.ics",
        summary="任务日历（iCalendar，供 Outlook 和手机订阅）",
        dependencies=[PUBLIC],
        responses={
            **declares("subscription-not-found"),
            200: {"content": {_CALENDAR: {"schema": {"type": "string"}}}},
            304: {"description": "the calendar is still the one of If-None-Match"},
        },
        response_class=Response,
    )
    async def feed(token: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
        """Return the tasks of a subscription as a calendar: those due since a quarter, and in the next 400 days.

        The address is the key. One that was never issued, and one that was revoked, are answered alike.
        """
        digest = digest_of(token)
        if digest is None:
            raise Problem("subscription-not-found")
        today = deps.city.zone.today(deps.clock.now())
        async with deps.database.acquire() as connection:
            found = await tables.by_digest(connection, digest)
            if found is None:
                raise Problem("subscription-not-found")
            tasks = await handlers.tasks_of(connection, found, today)
        # Thousands of events take their time, and other requests do not wait for it.
        content = await asyncio.to_thread(_written, found, tasks)
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
        if _knows(if_none_match, etag):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_CALENDAR, headers=headers)


def _written(subscription: Subscription, tasks: Sequence[tuple[Task, int]]) -> bytes:
    # Here and not above: a service whose calendars nobody reads does without the library's memory (2 MB).
    from services.scheduler.subscriptions.documents.feed import feed_of  # noqa: PLC0415

    return feed_of(subscription, tasks)


def _knows(header: str | None, etag: str) -> bool:
    """Return whether If-None-Match names this entity; compared weakly, as RFC 9110 §13.1.2 wants it."""
    named = [] if header is None else [each.strip().removeprefix("W/") for each in header.split(",")]
    return etag in named or "*" in named
