"""`/v1/assignments`: 交办, answers, and the leaders' list of what is unanswered past its date."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Response

from duban_contracts.events.types import Unit
from duban_contracts.profile import Rules
from services.chassis.access.acting import Acting
from services.chassis.access.policy import Action, allow
from services.chassis.access.reading import one_of
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.chassis.web.bodies import JsonBody, sent
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Checked, County, Limit
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, accepted, declares
from services.chassis.web.routes import Router
from services.ledger.assignments import tables
from services.ledger.assignments.documents import AssignmentDocument, ByAnswerDay
from services.ledger.assignments.handlers import facts_for, give, move_on
from services.ledger.assignments.model import Assignment, AssignmentState
from services.ledger.assignments.moves import MOVES, Assign, Move
from services.ledger.assignments.moves.assign import ROLES
from services.ledger.assignments.tables import Filter

READ: Final = Action("ledger.assignments.read", "查看交办事项", roles=CASE_STAFF)
GIVE: Final = Action("ledger.assignments.assign", "交办", roles=ROLES)
Reader = Annotated[Caller, Depends(allow(READ))]
_COMMON: Final = ("assignment-not-found", "assignment-state-conflict", "version-mismatch", "invalid-if-match")


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    clock: Clock
    rules: Rules
    counties: frozenset[str]

    def acting(self, caller: Caller) -> Acting:
        """Return who does something, now."""
        return Acting.now(caller, clock=self.clock, zone=self.rules.zone)


def router(deps: Deps) -> Router:
    """Return the routes of assignments."""
    routes = Router(prefix="/v1", tags=["assignments"])
    _lists(routes, deps)
    _one(routes, deps)
    for move in MOVES:
        routes.add_api_route(
            f"/assignments/{{assignment_id}}/{move.name}",
            _endpoint(deps, move),
            methods=["POST"],
            summary=move.summary,
            name=f"assignment_{move.name}",
            response_model=AssignmentDocument,
            responses=declares(*_COMMON, *move.refusals),
        )
    return routes


def _lists(routes: Router, deps: Deps) -> None:
    @routes.get("/assignments", summary="交办事项清单，按答复期限排列")
    async def assignments(
        caller: Reader,
        state: AssignmentState | None = None,
        unit: Annotated[str, Checked(Unit)] | None = None,
        county: County | None = None,
        after: After[ByAnswerDay] = None,
        limit: Limit = 100,
    ) -> Page[AssignmentDocument]:
        """List assigned matters with their histories, those whose answer is due first first."""
        return await _page(deps, caller, Filter(by_unit=caller.unit, state=state, unit=unit), county, after, limit)

    # Before the single assignment: `unanswered` must not be taken for the id of one.
    @routes.get("/assignments/unanswered", summary="逾期未答复的交办事项，报安委会领导")
    async def unanswered(
        caller: Reader, county: County | None = None, after: After[ByAnswerDay] = None, limit: Limit = 100
    ) -> Page[AssignmentDocument]:
        """List what is unanswered past its date, with its history, the oldest first: what leaders are told (P3.7).

        Reckoned when it is read: a matter stands here from the first instant after its day until it is answered.
        """
        return await _page(
            deps, caller, Filter(by_unit=caller.unit, owed_before=deps.acting(caller).today), county, after, limit
        )


def _one(routes: Router, deps: Deps) -> None:
    @routes.get(
        "/assignments/{assignment_id}",
        summary="一项交办事项及其全部经过",
        response_model=AssignmentDocument,
        responses=declares("assignment-not-found"),
    )
    async def one(caller: Reader, assignment_id: UUID) -> Response:
        """Return one assigned matter with its history, and its version as ETag."""
        database, find = deps.database, partial(tables.find, assignment_id=str(assignment_id))
        async with database.reading(caller.scope, unit=caller.unit) as connection:
            found = await one_of(database, connection, find, facts_for(caller), caller)
            if found is None:
                raise Problem("assignment-not-found", field="assignment_id")
            return await _shown(connection, found, deps.acting(caller))

    @routes.post(
        "/assignments",
        summary="交办",
        status_code=201,
        response_model=AssignmentDocument,
        responses=declares(
            "hazard-not-found",
            "assignment-outside-area",
            "county-not-of-city",
            "differs-from-hazard",
            "answer-day-in-the-past",
            "answer-day-too-far",
            "outside-scope",
        ),
    )
    async def assign(
        command: JsonBody[Assign], once: Once, caller: Annotated[Caller, Depends(allow(GIVE))]
    ) -> Response:
        """Give a unit a matter to see to and to answer."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            acting = deps.acting(caller)
            said = accepted(await give(connection, command, acting=acting, rules=deps.rules, counties=deps.counties))
            return await once.keep(connection, await _shown(connection, said, acting, status=201))


def _endpoint(deps: Deps, move: Move[Any]) -> Callable[..., Awaitable[Response]]:
    admitted = Depends(allow(Action(f"ledger.assignments.{move.name}", f"交办事项{move.zh}", roles=move.roles)))
    given = Depends(sent(move.command))

    async def endpoint(
        assignment_id: UUID, expecting: Expecting, once: Once, caller: Caller = admitted, command: Any = given
    ) -> Response:
        now = partial(deps.acting, caller)
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await move_on(connection, str(assignment_id), move, command, expecting=expecting, now=now)
            return await once.keep(connection, await _shown(connection, accepted(said), now()))

    return endpoint


async def _page(
    deps: Deps, caller: Caller, wanted: Filter, county: str | None, after: ByAnswerDay | None, limit: int
) -> Page[AssignmentDocument]:
    today = deps.acting(caller).today
    async with deps.database.reading(caller.scope, unit=caller.unit, asks=True) as connection:
        found = await tables.page(
            connection,
            caller.scope.narrowed(county=county),
            wanted,
            after=after.position if after else None,
            limit=limit + 1,
        )
        histories = await tables.histories(connection, [each.assignment_id for each in found])
    return page_of(
        found,
        limit,
        item=lambda each: AssignmentDocument.of(each, histories[each.assignment_id], today),
        cursor=ByAnswerDay.of,
    )


async def _shown(connection: Connection, assignment: Assignment, acting: Acting, *, status: int = 200) -> Response:
    histories = await tables.histories(connection, [assignment.assignment_id])
    document = AssignmentDocument.of(assignment, histories[assignment.assignment_id], acting.today)
    return answer(document, status=status, version=assignment.version)
