"""`POST /v1/hazards/{name}/{move}`: one route a move that people may ask for. A 200 means committed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Response

from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import Role
from services.chassis.storage.database import Database
from services.chassis.web.bodies import sent
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.hazards.documents import HazardDocument, HazardName
from services.ledger.hazards.handlers.commands import Order, Refused, move_hazards
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.hazards.model import HazardKey
from services.ledger.hazards.moves import MOVES, Door, Move

# What every move may be answered with, beside its own refusals.
_COMMON: Final = ("hazard-not-found", "state-conflict", "version-mismatch", "invalid-if-match")
_MAJOR: Final = "city-regulator-required"


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    ledger: Ledger


def router(deps: Deps) -> Router:
    """Return one route per move."""
    routes = Router(prefix="/v1", tags=["moves"])
    for move in MOVES:
        if Door.HTTP in move.doors:
            routes.add_api_route(
                f"/hazards/{{name}}/{move.name}",
                _endpoint(deps, move),
                methods=["POST"],
                summary=move.summary,
                name=move.name,
                response_model=HazardDocument,
                responses=declares(*_COMMON, *([_MAJOR] if move.major else []), *move.refusals),
            )
    return routes


def action_of(move: Move[Any]) -> Action:
    """Return the right to make a move, as the policy lists it."""
    return Action(f"ledger.hazards.{move.name}", move.zh, roles=frozenset(map(Role, move.roles)))


def _endpoint(deps: Deps, move: Move[Any]) -> Callable[..., Awaitable[Response]]:
    admitted, given = Depends(allow(action_of(move))), Depends(sent(move.command))

    async def endpoint(
        name: HazardName,
        expecting: Expecting,
        once: Once,
        caller: Caller = admitted,
        command: Any = given,
    ) -> Response:
        order = Order(HazardKey.parse(name), command, caller, expecting)
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            [said] = await move_hazards(connection, [order], ledger=deps.ledger)
            if isinstance(said, Refused):
                raise _problem(said)
            return await once.keep(connection, answer(HazardDocument.of(said), version=said.version))

    return endpoint


def _problem(refused: Refused) -> Problem:
    """Return the problem of a refusal; with the state and version that the hazard has, where the caller may know."""
    hazard = refused.hazard
    if hazard is None:
        return Problem.of(refused.refusal)
    return Problem.of(refused.refusal, state=hazard.state, version=hazard.version)
