"""`POST /v1/tasks/{name}/{move}`: one route a move that people may ask for. A 200 means committed."""

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
from services.scheduler.tasks.documents.task import TaskDocument, TaskName
from services.scheduler.tasks.handlers.commands import Order, Refused, move_task
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.moves import MOVES, Move

# What every move may be answered with, beside its own refusals.
_COMMON: Final = ("task-not-found", "task-state-conflict", "version-mismatch", "invalid-if-match")


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    taskbook: Taskbook


def router(deps: Deps) -> Router:
    """Return one route per move."""
    routes = Router(prefix="/v1", tags=["task moves"])
    for move in MOVES:
        routes.add_api_route(
            f"/tasks/{{name}}/{move.name}",
            _endpoint(deps, move),
            methods=["POST"],
            summary=move.summary,
            name=f"task {move.name}",
            response_model=TaskDocument,
            responses=declares(*_COMMON, *move.refusals),
        )
    return routes


def action_of(move: Move[Any]) -> Action:
    """Return the right to make a move, as the policy lists it."""
    return Action(f"scheduler.tasks.{move.name}", move.zh, roles=frozenset(map(Role, move.roles)))


def _endpoint(deps: Deps, move: Move[Any]) -> Callable[..., Awaitable[Response]]:
    admitted, given = Depends(allow(action_of(move))), Depends(sent(move.command))

    async def endpoint(
        name: TaskName,
        expecting: Expecting,
        once: Once,
        caller: Caller = admitted,
        command: Any = given,
    ) -> Response:
        async with deps.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = await move_task(connection, Order(name, command, caller, expecting), taskbook=deps.taskbook)
            if isinstance(said, Refused):
                raise _problem(said)
            return await once.keep(connection, answer(TaskDocument.of(said), version=said.version))

    return endpoint


def _problem(refused: Refused) -> Problem:
    """Return the problem of a refusal; with the state and version that the task has, where the caller may know."""
    task = refused.task
    if task is None:
        return Problem.of(refused.refusal)
    return Problem.of(refused.refusal, state=task.state, version=task.version)
