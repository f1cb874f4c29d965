"""Over HTTP: merging and taking out again, every report of a hazard, and what looks alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, ENTERPRISE, INTEGRATORS, REGULATORS, TOWNSHIP
from services.chassis.process.short_tries import TRY_SECONDS, in_short_tries
from services.chassis.storage.beginning import waiting_at_most
from services.chassis.storage.database import Connection, Database
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Attempt, Once
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.gathering.documents import (
    LikenessDocument,
    LikenessesDocument,
    MergeBody,
    PairDocument,
    SourceDocument,
    SourcesDocument,
    UnmergeBody,
)
from services.ledger.gathering.handlers.compare import look
from services.ledger.gathering.handlers.merge import Merging, Separation, merge, unmerge
from services.ledger.gathering.handlers.sources import reports_of
from services.ledger.gathering.tables import look_alikes
from services.ledger.hazards.documents import HazardDocument, HazardName, problem_of
from services.ledger.hazards.handlers.commands import Refused
from services.ledger.hazards.handlers.find_hazard import seen_hazard
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import MERGE, UNMERGE

READ: Final = Action("ledger.gathering.read", "查看隐患的来源", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS)
COMPARE: Final = Action("ledger.gathering.compare", "查看疑似重复的隐患", roles=CASE_STAFF)
DO_MERGE: Final = Action("ledger.gathering.merge", MERGE.zh, roles=REGULATORS)
DO_UNMERGE: Final = Action("ledger.gathering.unmerge", UNMERGE.zh, roles=REGULATORS)

# What either command may be answered with, beside its own refusals.
_COMMON: Final = (
    "hazard-not-found",
    "state-conflict",
    "version-mismatch",
    "invalid-if-match",
    "city-regulator-required",
    "handled-by-city",
    "merge-beyond-scope",
)
_MISSING: Final = declares("hazard-not-found")


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    ledger: Ledger


class ByPair(Cursor, frozen=True, tag="look-alikes"):
    """Where a page of pairs ends."""

    hazard_id: UUID
    other_id: UUID


def router(deps: Deps) -> Router:
    """Return the routes of gathering."""
    routes = Router(prefix="/v1", tags=["gathering"])
    _merging(routes, deps)
    _separation(routes, deps)
    _sources(routes, deps)
    _look_alikes(routes, deps)
    return routes


def _merging(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/hazards/{name}/merge",
        summary=MERGE.summary,
        response_model=HazardDocument,
        responses=declares(*_COMMON, *MERGE.refusals),
    )
    async def do_merge(
        caller: Annotated[Caller, Depends(allow(DO_MERGE))],
        name: HazardName,
        command: JsonBody[MergeBody],
        expecting: Expecting,
        once: Once,
    ) -> Response:
        """Merge a hazard into the one that goes on for both; return it, a duplicate from now on."""
        order = Merging(
            on=HazardKey.parse(name),
            into=HazardKey.parse(command.into),
            reason=command.reason,
            by=caller,
            expecting=expecting,
        )
        return await _carried_out(deps, partial(merge, order=order, ledger=deps.ledger), caller, once)


def _separation(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/hazards/{name}/unmerge",
        summary=UNMERGE.summary,
        response_model=HazardDocument,
        responses=declares(*_COMMON, *UNMERGE.refusals),
    )
    async def do_unmerge(
        caller: Annotated[Caller, Depends(allow(DO_UNMERGE))],
        name: HazardName,
        command: JsonBody[UnmergeBody],
        expecting: Expecting,
        once: Once,
    ) -> Response:
        """Take a merged hazard out again; return it, as it stood before."""
        order = Separation(on=HazardKey.parse(name), reason=command.reason, by=caller, expecting=expecting)
        return await _carried_out(deps, partial(unmerge, order=order, ledger=deps.ledger), caller, once)


async def _carried_out(
    deps: Deps, work: Callable[[Connection], Awaitable[Hazard | Refused]], caller: Caller, once: Attempt
) -> Response:
    """Carry out a command that waits for its hazards, whoever holds them, and keeps no connection meanwhile."""

    async def try_it() -> Response:
        async with deps.database.transaction(settings=waiting_at_most(TRY_SECONDS)) as connection:
            await once.begin(connection, caller.account)
            return await once.keep(connection, _said(await work(connection)))

    return await in_short_tries(deps.ledger.clock, try_it)


def _said(said: Hazard | Refused) -> Response:
    if isinstance(said, Refused):
        raise problem_of(said)
    return answer(HazardDocument.of(said), version=said.version)


def _sources(routes: Router, deps: Deps) -> None:
    @routes.get("/hazards/{name}/sources", summary="一条隐患的全部来源", responses=_MISSING)
    async def sources(caller: Annotated[Caller, Depends(allow(READ))], name: HazardName) -> SourcesDocument:
        """Return every report of the hazard that the caller may see, that of the hazard itself first."""
        async with deps.database.reading(caller.scope) as connection:
            hazard = await _found(deps, connection, name, caller)
            found = await reports_of(connection, hazard, caller.scope)
        return SourcesDocument(items=[SourceDocument.of(each) for each in found])


def _look_alikes(routes: Router, deps: Deps) -> None:
    @routes.get("/hazards/{name}/look-alikes", summary="与一条隐患疑似重复的隐患", responses=_MISSING)
    async def of_one(caller: Annotated[Caller, Depends(allow(COMPARE))], name: HazardName) -> LikenessesDocument:
        """Return the open hazards that look like this one now, most alike first."""
        async with deps.database.reading(caller.scope) as connection:
            hazard = await _found(deps, connection, name, caller)
            found = await look(deps.database, connection, hazard, caller.scope)
        return LikenessesDocument(items=[LikenessDocument.of(each) for each in found])

    @routes.get("/look-alikes", summary="疑似重复的隐患")
    async def page(
        caller: Annotated[Caller, Depends(allow(COMPARE))], after: After[ByPair] = None, limit: Limit = 50
    ) -> Page[PairDocument]:
        """Return pairs of open hazards that look alike, the newest first; none is merged but by people."""
        async with deps.database.reading(caller.scope, asks=True) as connection:
            behind = (after.hazard_id, after.other_id) if after else None
            found = await look_alikes.page(connection, caller.scope, after=behind, limit=limit + 1)
        return page_of(
            found,
            limit,
            item=lambda pair: PairDocument(
                hazard=HazardDocument.of(pair[0]), other=HazardDocument.of(pair[1]), likeness=pair[2]
            ),
            cursor=lambda pair: ByPair(hazard_id=UUID(pair[0].hazard_id), other_id=UUID(pair[1].hazard_id)),
        )


async def _found(deps: Deps, connection: Connection, name: str, caller: Caller) -> Hazard:
    hazard = await seen_hazard(deps.database, connection, name, caller)
    if hazard is None:
        raise Problem("hazard-not-found", field="name")
    return hazard
