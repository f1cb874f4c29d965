"""`POST /v1/hazards/{name}/{move}`: one route a move that people may ask for. A 200 means committed.

Commands are carried out in rounds: those that arrive while a transaction is under way share the next one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fastapi import Depends, Response

from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import Role
from services.chassis.process.short_tries import TRY_SECONDS, in_short_tries
from services.chassis.storage.beginning import BY_KEY, waiting_at_most
from services.chassis.storage.beside import AtLocks
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.rounds import Rounds
from services.chassis.web.bodies import sent
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Attempt, Once, begin_all, keep_all
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.ledger.hazards.documents import HazardDocument, HazardName, problem_of
from services.ledger.hazards.handlers.commands import Order, Refused, move_hazards
from services.ledger.hazards.handlers.journal import Ledger, held_by_others
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves import MOVES, Door, Move

# What every move may be answered with, beside its own refusals.
_COMMON: Final = ("hazard-not-found", "state-conflict", "handled-by-city", "version-mismatch", "invalid-if-match")
_MAJOR: Final = "city-regulator-required"
# As long as a round may wait for rows that another transaction holds; those are short, and strangers wait with it.
_ROUND_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Asked:
    """An order, and whether its request may be a repetition."""

    order: Order
    once: Attempt


def router(deps: Deps) -> Router:
    """Return one route per move."""
    routes = Router(prefix="/v1", tags=["moves"])
    rounds = rounds_of(deps)
    for move in MOVES:
        if Door.HTTP in move.doors:
            routes.add_api_route(
                f"/hazards/{{name}}/{move.name}",
                _endpoint(rounds, move),
                methods=["POST"],
                summary=move.summary,
                name=move.name,
                response_model=HazardDocument,
                responses=declares(*_COMMON, *([_MAJOR] if move.major else []), *move.refusals),
            )
    return routes


def rounds_of(deps: Deps) -> Rounds[Asked, Response]:
    """Return the rounds in which a process carries out its commands."""
    return Rounds(
        partial(carry_out_round, deps),
        at_locks=AtLocks(
            partial(carry_out_alone, deps), partial(in_short_tries, deps.ledger.clock), held=partial(_held, deps)
        ),
        apart=lambda asked: asked.order.on,
    )


def action_of(move: Move[Any]) -> Action:
    """Return the right to make a move, as the policy lists it."""
    return Action(f"ledger.hazards.{move.name}", move.zh, roles=frozenset(map(Role, move.roles)))


def _endpoint(rounds: Rounds[Asked, Response], move: Move[Any]) -> Callable[..., Awaitable[Response]]:
    admitted, given = Depends(allow(action_of(move))), Depends(sent(move.command))

    async def endpoint(
        name: HazardName,
        expecting: Expecting,
        once: Once,
        caller: Caller = admitted,
        command: Any = given,
    ) -> Response:
        return await rounds.ask(Asked(Order(HazardKey.parse(name), command, caller, expecting), once))

    return endpoint


async def carry_out_round(deps: Deps, asked: Sequence[Asked]) -> Sequence[Response | Problem]:
    """Carry out a round in one transaction: what was answered before is answered again, the rest is decided."""
    # A hazard that somebody else holds must not keep strangers waiting: its command is then carried out by itself.
    async with deps.database.transaction(settings=BY_KEY | waiting_at_most(_ROUND_SECONDS)) as connection:
        return await _carried_out(connection, deps, asked)


async def carry_out_alone(deps: Deps, asked: Asked) -> Response | Problem:
    """Carry out one command by itself; raises LockNotAvailableError where somebody else holds its hazard for longer."""
    async with deps.database.transaction(settings=BY_KEY | waiting_at_most(TRY_SECONDS)) as connection:
        (said,) = await _carried_out(connection, deps, [asked])
    return said


async def _held(deps: Deps, asked: Sequence[Asked]) -> Sequence[Asked]:
    """Return the commands whose hazards somebody holds now."""
    async with deps.database.transaction() as connection:
        held = await held_by_others(connection, {one.order.on for one in asked})
    return [one for one in asked if one.order.on in held]


async def _carried_out(connection: Connection, deps: Deps, asked: Sequence[Asked]) -> Sequence[Response | Problem]:
    begun = await begin_all(connection, [(one.once, one.order.by.account) for one in asked])
    orders = [one.order for one, before in zip(asked, begun, strict=True) if before is None]
    said = iter(await move_hazards(connection, orders, ledger=deps.ledger) if orders else ())
    answers = [_answer(next(said)) if before is None else before for before in begun]
    given = [(one.once, answer) for one, answer in zip(asked, answers, strict=True) if isinstance(answer, Response)]
    await keep_all(connection, given)
    return answers


def _answer(said: Hazard | Refused) -> Response | Problem:
    return problem_of(said) if isinstance(said, Refused) else answer(HazardDocument.of(said), version=said.version)
