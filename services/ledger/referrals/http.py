"""`/v1/referrals`: what was handed to other bodies, their replies, and the monthly list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from services.chassis.access.acting import Acting, ActingDeps
from services.chassis.access.policy import Action, allow
from services.chassis.access.reading import one_of
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import County, Limit, MonthText
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.ledger.groups.model import Month
from services.ledger.referrals import tables
from services.ledger.referrals.documents import ByReferralDay, ReferralDocument
from services.ledger.referrals.handlers import facts_of, hand_over, note_reply
from services.ledger.referrals.model import Referral
from services.ledger.referrals.moves import ROLES, RecordReply, Refer

READ: Final = Action("ledger.referrals.read", "查看移交", roles=CASE_STAFF)
REFER: Final = Action("ledger.referrals.refer", "登记移交", roles=ROLES)
REPLY: Final = Action("ledger.referrals.reply", "登记移交的反馈", roles=ROLES)
Reader = Annotated[Caller, Depends(allow(READ))]


@dataclass(frozen=True, slots=True)
class Deps(ActingDeps):
    """Dependencies of the routes; `counties` are the city's."""

    counties: frozenset[str]


def router(deps: Deps) -> Router:
    """Return the routes of referrals."""
    routes = Router(prefix="/v1", tags=["referrals"])
    _lists(routes, deps)
    _one(routes, deps)
    _recording(routes, deps)
    _replying(routes, deps)
    return routes


def _lists(routes: Router, deps: Deps) -> None:
    @routes.get("/referrals", summary="移交清单")
    async def referrals(
        caller: Reader,
        open: bool | None = None,  # noqa: A002, FBT001 - the query parameter's name
        county: County | None = None,
        after: After[ByReferralDay] = None,
        limit: Limit = 100,
    ) -> Page[ReferralDocument]:
        """List referrals as they stand today, in order of their days."""
        scope, today = caller.scope.narrowed(county=county), deps.acting(caller).today
        behind = after.position if after else None
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(connection, scope, is_open=open, after=behind, limit=limit + 1)
        return page_of(found, limit, item=lambda each: ReferralDocument.of(each, today), cursor=ByReferralDay.of)

    # Before the single referral: `monthly` must not be taken for the id of one.
    @routes.get("/referrals/monthly", summary="移交月度清单：当月移交、当月反馈和月末仍未反馈的")
    async def monthly(
        caller: Reader,
        month: MonthText,
        county: County | None = None,
        after: After[ByReferralDay] = None,
        limit: Limit = 100,
    ) -> Page[ReferralDocument]:
        """List what was open on some day of the month, as it stood when the month ended (or today, while it lasts)."""
        scope, span = caller.scope.narrowed(county=county), Month.parse(month)
        until, behind = min(span.last, deps.acting(caller).today), after.position if after else None
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(connection, scope, alive_in=span, after=behind, limit=limit + 1)
        return page_of(found, limit, item=lambda each: ReferralDocument.of(each, until), cursor=ByReferralDay.of)


def _one(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/referrals/{referral_id}",
        summary="一件移交",
        response_model=ReferralDocument,
        responses=declares("referral-not-found"),
    )
    async def one(caller: Reader, referral_id: UUID) -> Response:
        """Return one referral with its reply, and its version as ETag."""
        database, find = deps.database, partial(tables.find, referral_id=str(referral_id))
        async with database.reading(caller.scope) as connection:
            found = await one_of(database, connection, find, facts_of, caller)
        if found is None:
            raise Problem("referral-not-found", field="referral_id")
        return _shown(found, deps.acting(caller))


def _recording(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/referrals",
        summary="登记移交",
        status_code=201,
        response_model=ReferralDocument,
        responses=declares(
            "hazard-not-found",
            "referral-outside-area",
            "county-not-of-city",
            "differs-from-hazard",
            "referral-day-in-future",
            "outside-scope",
        ),
    )
    async def hand(command: JsonBody[Refer], once: Once, caller: Annotated[Caller, Depends(allow(REFER))]) -> Response:
        """Record that a matter was handed to another body."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            acting = deps.acting(caller)
            said = accepted(await hand_over(connection, command, acting=acting, counties=deps.counties))
            return await once.keep(connection, _shown(said, acting, status=201))


def _replying(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/referrals/{referral_id}/reply",
        summary="登记移交的反馈",
        response_model=ReferralDocument,
        responses=declares("referral-not-found", "referral-already-replied", "reply-day-out-of-range"),
    )
    async def reply(
        referral_id: UUID,
        command: JsonBody[RecordReply],
        expecting: Expecting,
        once: Once,
        caller: Annotated[Caller, Depends(allow(REPLY))],
    ) -> Response:
        """Record what the body replied; a referral has one reply."""
        now = partial(deps.acting, caller)
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = accepted(await note_reply(connection, str(referral_id), command, expecting=expecting, now=now))
            return await once.keep(connection, _shown(said, now()))


def _shown(referral: Referral, acting: Acting, *, status: int = 200) -> Response:
    return answer(ReferralDocument.of(referral, acting.today), status=status, version=referral.version)
