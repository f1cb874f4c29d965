"""What every failure of a request becomes: a problem. Ours, the framework's, and the unexpected."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.chassis.storage.database import is_retryable
from services.chassis.storage.rounds import RoundsFull
from services.chassis.telemetry import acts, tracing
from services.chassis.web.idempotency import AnsweredBefore
from services.chassis.web.lines import HEAD
from services.chassis.web.problems import Problem, respond
from services.chassis.web.routes import strangers
from services.chassis.web.violations import told

_log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS: Final = 5
_FULL_RETRY_AFTER_SECONDS: Final = 1
_CODES: Final = {401: "unauthenticated", 403: "forbidden", 404: "not-found", 405: "method-not-allowed"}
# Codes that say more of a request than `invalid-field` when nothing else is wrong with it.
_OWN: Final = frozenset(
    {"unknown-parameter", "repeated-parameter", "bad-cursor", "bad-encoding", "not-json", "unsupported-media-type"}
)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(AnsweredBefore, _on_answered)
    app.add_exception_handler(ClientDisconnect, _on_hang_up)


async def _on_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - registered for it
    return _refused(problem)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # Starlette names those of the first route at this address only.
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return _refused(Problem(_CODES.get(error.status_code, "bad-request"), headers=headers))


def _refused(problem: Problem) -> Response:
    if (act := acts.current()) is not None:
        act.code = problem.refusal.code
    return respond(problem)


def _methods_at(request: Request) -> set[str]:
    """Return what can be done at the address that was asked for (RFC 9110 §15.5.6).

    `/duties/plan` is that, and no duty called `plan`: of two descriptions the plainer one counts, as in OpenAPI.
    """
    found: dict[int, set[str]] = {}
    for route in iter_route_contexts(request.app.routes):
        if route.methods and route.path_regex.match(request.scope["path"]):
            known = {*route.methods, HEAD} if "GET" in route.methods else route.methods
            found.setdefault(route.path_regex.groups, set()).update(known)
    return found[min(found)] if found else set()


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = [*told(error.errors()), *strangers(request)]
    codes = {one.code for one in found}
    alone = codes.pop() if len(codes) == 1 and codes <= _OWN else "invalid-field"
    return _refused(Problem.of_all(found, code=alone))


async def _on_answered(_: Request, before: Exception) -> Response:
    assert isinstance(before, AnsweredBefore)  # noqa: S101 - registered for it
    return before.response


async def _on_hang_up(_: Request, __: Exception) -> Response:
    """Answer somebody who no longer listens: that is no failure of ours."""
    return respond(Problem("bad-request"))


def unexpected(method: str, error: Exception, *, has_effect: bool = False) -> Response:
    """Return what the caller is told of an error that no handler took: to try again where that helps, else nothing.

    Of a request that `has_effect` already nobody says that nothing was done. A bug is logged with its trace; what is away (the database) with its name.
    """
    if isinstance(error, RoundsFull):
        code = "unavailable" if has_effect else "too-busy"
        return respond(Problem(code, headers={"Retry-After": str(_FULL_RETRY_AFTER_SECONDS)}))
    if is_retryable(error):
        _log.warning("request met something that is away", error=repr(error))
        return respond(Problem("unavailable", headers={"Retry-After": str(RETRY_AFTER_SECONDS)}))
    traceparent = tracing.current_traceparent()
    _log.error("request failed", method=method, traceparent=traceparent, exc_info=error)
    return respond(Problem("internal-error"))
