"""`POST /v1/accidents…`: registering, and the moves of an accident and of its measures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Response

from duban_contracts.refusals import Refusal
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import Role
from services.chassis.storage.database import Connection
from services.chassis.web.bodies import JsonBody, sent
from services.chassis.web.idempotency import Once
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import accepted, declares
from services.chassis.web.routes import Router
from services.ledger.accidents.documents import AccidentDocument
from services.ledger.accidents.handlers import move_measure, move_on, register, set_measure
from services.ledger.accidents.http.deps import Deps, shown
from services.ledger.accidents.model import Accident
from services.ledger.accidents.moves import (
    MEASURE_MOVES,
    MOVES,
    ROLES,
    SET,
    MeasureMove,
    Move,
    RegisterAccident,
    SetMeasure,
)

REGISTER: Final = Action("ledger.accidents.register", "登记事故", roles=ROLES)
Number = Annotated[int, Path(ge=1, le=1_000_000, description="措施序号")]
_COMMON: Final = ("accident-not-found", "version-mismatch", "invalid-if-match")


def add(routes: Router, deps: Deps) -> None:
    """Add the routes that record something."""
    _registering(routes, deps)
    _moves(routes, deps)


def _registering(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/accidents",
        summary="登记事故",
        status_code=201,
        response_model=AccidentDocument,
        responses=declares(
            "accident-county-unknown",
            "accident-outside-area",
            "accident-day-in-future",
            "accident-day-too-early",
            "accident-grade-too-low",
            "outside-scope",
        ),
    )
    async def enter(
        command: JsonBody[RegisterAccident], once: Once, caller: Annotated[Caller, Depends(allow(REGISTER))]
    ) -> Response:
        """Register an accident: facts and counts, no persons."""
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = accepted(
                await register(connection, command, caller=caller, ledger=deps.ledger, counties=deps.counties)
            )
            return await once.keep(connection, await shown(connection, said, deps.acting(caller), status=201))


def _moves(routes: Router, deps: Deps) -> None:
    for move in MOVES:
        _route(routes, move.name, move, _of_accident(deps, move), move.all_refusals)
    _route(routes, SET.name, SET, _setting(deps), SET.all_refusals)
    for each in MEASURE_MOVES:
        own = ("accident-measure-not-found", "accident-measure-conflict", "accident-state-conflict")
        refusals = (*own, "own-accident-measure") if each.by_another else own
        _route(routes, f"measures/{{measure}}/{each.name}", each, _of_measure(deps, each), refusals)


def _route(
    routes: Router,
    below: str,
    move: Move[Any] | MeasureMove[Any],
    endpoint: Callable[..., Awaitable[Response]],
    refusals: tuple[str, ...],
) -> None:
    routes.add_api_route(
        f"/accidents/{{accident_id}}/{below}",
        endpoint,
        methods=["POST"],
        summary=move.summary,
        name=f"accident_{move.name}",
        response_model=AccidentDocument,
        responses=declares(*_COMMON, *refusals),
    )


def _admitted(name: str, zh: str, roles: frozenset[Role]) -> Any:
    return Depends(allow(Action(f"ledger.accidents.{name}", f"事故{zh}", roles=roles)))


def _of_accident(deps: Deps, move: Move[Any]) -> Callable[..., Awaitable[Response]]:
    admitted, given = _admitted(move.name, move.zh, move.roles), Depends(sent(move.command))

    async def endpoint(
        accident_id: UUID, expecting: Expecting, once: Once, caller: Caller = admitted, command: Any = given
    ) -> Response:
        return await _doing(
            deps,
            caller,
            once,
            lambda connection: move_on(
                connection,
                str(accident_id),
                move,
                command,
                expecting=expecting,
                caller=caller,
                ledger=deps.ledger,
            ),
        )

    return endpoint


def _setting(deps: Deps) -> Callable[..., Awaitable[Response]]:
    admitted, given = _admitted("measures", SET.zh, SET.roles), Depends(sent(SetMeasure))

    async def endpoint(
        accident_id: UUID, expecting: Expecting, once: Once, caller: Caller = admitted, command: Any = given
    ) -> Response:
        return await _doing(
            deps,
            caller,
            once,
            lambda connection: set_measure(
                connection, str(accident_id), command, expecting=expecting, caller=caller, ledger=deps.ledger
            ),
        )

    return endpoint


def _of_measure(deps: Deps, move: MeasureMove[Any]) -> Callable[..., Awaitable[Response]]:
    admitted, given = _admitted(f"measure-{move.name}", f"整改措施{move.zh}", move.roles), Depends(sent(move.command))

    async def endpoint(
        accident_id: UUID,
        measure: Number,
        expecting: Expecting,
        once: Once,
        caller: Caller = admitted,
        command: Any = given,
    ) -> Response:
        return await _doing(
            deps,
            caller,
            once,
            lambda connection: move_measure(
                connection,
                str(accident_id),
                measure,
                move,
                command,
                expecting=expecting,
                caller=caller,
                ledger=deps.ledger,
            ),
        )

    return endpoint


async def _doing(
    deps: Deps, caller: Caller, once: Once, do: Callable[[Connection], Awaitable[Accident | Refusal]]
) -> Response:
    """Do it in a transaction of its own, once for its key; a 200 means committed."""
    async with deps.database.transaction() as connection:
        await once.begin(connection, caller.account)
        said = accepted(await do(connection))
        return await once.keep(connection, await shown(connection, said, deps.acting(caller)))
