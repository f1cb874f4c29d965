"""`GET /v1/accidents…`: the list, what is late, and one accident."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from duban_contracts.events.accidents import AccidentState
from services.chassis.access.policy import Action, allow
from services.chassis.access.reading import one_of
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import County, Limit
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.accidents import tables
from services.ledger.accidents.documents import (
    AccidentDocument,
    AccidentHistory,
    ByAccidentDay,
    ByOwedDay,
    OwedDocument,
)
from services.ledger.accidents.handlers import facts_of, history_of
from services.ledger.accidents.http.deps import Deps, shown

READ: Final = Action("ledger.accidents.read", "查看事故", roles=CASE_STAFF)
Reader = Annotated[Caller, Depends(allow(READ))]


def add(routes: Router, deps: Deps) -> None:
    """Add the routes that read."""
    _lists(routes, deps)
    _one(routes, deps)


def _lists(routes: Router, deps: Deps) -> None:
    @routes.get("/accidents", summary="事故清单，按发生日期排列")
    async def accidents(
        caller: Reader,
        state: AccidentState | None = None,
        county: County | None = None,
        after: After[ByAccidentDay] = None,
        limit: Limit = 100,
    ) -> Page[AccidentDocument]:
        """List accidents with their measures and histories, in order of their days."""
        scope, today = caller.scope.narrowed(county=county), deps.acting(caller).today
        behind = after.position if after else None
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(connection, scope, state=state, after=behind, limit=limit + 1)
            steps = await tables.histories(connection, [each.accident_id for each in found])
        return page_of(
            found,
            limit,
            item=lambda each: AccidentDocument.of(each, steps[each.accident_id], today),
            cursor=ByAccidentDay.of,
        )

    # Before the single accident: `overdue` must not be taken for the id of one.
    @routes.get("/accidents/overdue", summary="逾期未落实的事故整改措施和逾期未开展的整改评估")
    async def overdue(
        caller: Reader, county: County | None = None, after: After[ByOwedDay] = None, limit: Limit = 100
    ) -> Page[OwedDocument]:
        """List measures and evaluations that are owed past their day, the oldest first.

        Reckoned when it is read: something stands here from the first instant after its day until it is done.
        """
        scope, today = caller.scope.narrowed(county=county), deps.acting(caller).today
        behind = after.position if after else None
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.owed(connection, scope, before=today, after=behind, limit=limit + 1)
        return page_of(found, limit, item=lambda each: OwedDocument.of(each, today), cursor=ByOwedDay.of)


def _one(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/accidents/{accident_id}",
        summary="一起事故及其整改措施、全部经过",
        response_model=AccidentDocument,
        responses=declares("accident-not-found"),
    )
    async def one(caller: Reader, accident_id: UUID) -> Response:
        """Return one accident with its measures and its history, and its version as ETag."""
        database, find = deps.database, partial(tables.find, accident_id=str(accident_id))
        async with database.reading(caller.scope) as connection:
            found = await one_of(database, connection, find, facts_of, caller)
            if found is None:
                raise Problem("accident-not-found", field="accident_id")
            return await shown(connection, found, deps.acting(caller))

    @routes.get(
        "/accidents/{accident_id}/history", summary="一起事故的全部历史记录", responses=declares("accident-not-found")
    )
    async def history(caller: Reader, accident_id: UUID) -> AccidentHistory:
        """Return an accident's records of history, oldest first, each with its digest, as a hazard's are returned."""
        database, find = deps.database, partial(tables.find, accident_id=str(accident_id))
        async with database.reading(caller.scope) as connection:
            accident = await one_of(database, connection, find, facts_of, caller)
            if accident is None:
                raise Problem("accident-not-found", field="accident_id")
            found = await history_of(connection, str(accident_id))
        return AccidentHistory.of(accident, found)
