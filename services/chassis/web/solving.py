"""Solving a route's dependencies by a plan that is made once, where FastAPI looks at every declaration for every request.

A plan is the walk that FastAPI would take through the same declarations, in the same order. It takes only what fits:
a parameter that is missing or wrong, a list, or a body that is not plainly JSON, raises `NotPlain`, and the request is
read from its start by FastAPI, which explains. So there is one declaration, one OpenAPI and one text of every error.
Measured with the ledger's confirm: FastAPI's own walk is a third of the processor time of the whole request.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin

from fastapi import Request, params
from fastapi.dependencies.models import Dependant

_ABSENT: Final = object()
# What a plan does not know how to give; a route that asks for it is FastAPI's.
_OTHER_NAMES: Final = (
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
)


class NotPlain(Exception):
    """The request does not fit the plan; nothing was done yet that may not be done again."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter of the path, the query or the headers."""

    alias: str
    field: Any
    is_sequence: bool
    default: Any

    def read(self, values: Mapping[str, Any], arguments: dict[str, Any]) -> None:
        """Put the parameter's value among the arguments; raises NotPlain."""
        value = values.get(self.alias, _ABSENT)
        if value is not _ABSENT:
            if self.is_sequence:
                raise NotPlain
            arguments[self.field.name] = _validated(self.field, value)
        elif self.default is _ABSENT:
            raise NotPlain
        else:
            arguments[self.field.name] = self.default


@dataclass(frozen=True, slots=True)
class Plan:
    """How one callable gets its arguments from a request: an endpoint, or a dependency of one."""

    call: Callable[..., Awaitable[Any]]
    request_name: str | None
    dependencies: tuple[tuple[str | None, Plan], ...]
    path: tuple[_Parameter, ...]
    query: tuple[_Parameter, ...]
    headers: tuple[_Parameter, ...]
    body: tuple[Any, ...]

    async def run(self, request: Request, body: Any) -> Any:
        """Return what the callable says of `request`; raises NotPlain, and whatever the callable raises."""
        arguments: dict[str, Any] = {}
        for name, plan in self.dependencies:
            given = await plan.run(request, body)
            if name is not None:
                arguments[name] = given
        for parameter in self.path:
            parameter.read(request.path_params, arguments)
        if self.query:
            # A plain dict: most of a list's many filters are absent, and starlette's mapping raises for each.
            values = dict(request.query_params.items()) if request.scope["query_string"] else {}
            for parameter in self.query:
                parameter.read(values, arguments)
        for parameter in self.headers:
            parameter.read(request.headers, arguments)
        for field in self.body:
            arguments[field.name] = _validated(field, body)
        if self.request_name is not None:
            arguments[self.request_name] = request
        return await self.call(**arguments)


def plan_of(dependant: Dependant) -> Plan | None:
    """Return the plan of a route's dependant, or None when it holds something that only FastAPI knows how to give."""
    calls = list(_calls(dependant))
    # FastAPI gives a dependency that is named twice one answer.
    if len(set(map(id, calls))) < len(calls):
        return None
    return _plan(dependant)


def _plan(dependant: Dependant) -> Plan | None:
    call = dependant.call
    if call is None or not _is_plain(call) or dependant.cookie_params or dependant.concurrency is not None:
        return None
    if any(getattr(dependant, name) for name in _OTHER_NAMES) or dependant.own_oauth_scopes:
        return None
    dependencies = [(inner.name, _plan(inner)) for inner in dependant.dependencies]
    kinds = [
        [_parameter(field) for field in fields]
        for fields in (dependant.path_params, dependant.query_params, dependant.header_params)
    ]
    if any(each is None for kind in kinds for each in kind) or any(plan is None for _, plan in dependencies):
        return None
    if any(type(field.field_info) is not params.Body for field in dependant.body_params):
        return None
    path, query, headers = (tuple(each for each in kind if each is not None) for kind in kinds)
    return Plan(
        call,
        dependant.request_param_name,
        tuple((name, plan) for name, plan in dependencies if plan is not None),
        path,
        query,
        headers,
        tuple(dependant.body_params),
    )


def _parameter(field: Any) -> _Parameter | None:
    info = field.field_info
    if type(info) not in {params.Path, params.Query, params.Header} or info.validation_alias not in {None, info.alias}:
        return None
    default = _ABSENT if info.is_required() else field.get_default()
    if not (default is _ABSENT or default is None or isinstance(default, str | int)):
        # FastAPI hands out a copy of it each time.
        return None
    alias = info.alias or field.name
    if isinstance(info, params.Header) and info.convert_underscores and alias == field.name:
        alias = alias.replace("_", "-")
    return _Parameter(alias, field, may_repeat(info.annotation), default)


def _validated(field: Any, value: Any) -> Any:
    found, errors = field.validate(value)
    if errors:
        raise NotPlain
    return found


def _is_plain(call: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)


def may_repeat(annotation: Any) -> bool:
    """Say whether a parameter may be repeated, at any depth of its type."""
    kind = get_origin(annotation) or annotation
    if isinstance(kind, type) and issubclass(kind, Collection) and not issubclass(kind, str | bytes):
        return True
    return any(may_repeat(inner) for inner in get_args(annotation))


def _calls(dependant: Dependant) -> Iterable[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
