"""Routes as the house serves them: `Router` in place of FastAPI's APIRouter, and nothing else to remember.

A route of this router returns a Document (encoded once) or a Response; its body is a struct read from the bytes; a
query parameter it does not know, or that is given twice and takes one value, is refused by name; and OpenAPI names what every such route may answer.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, Final, get_args

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from duban_contracts.refusals import Refusal, violation
from services.chassis.web.bodies import MOST_COMMAND_BYTES, read_body
from services.chassis.web.documents import CompressedText, JsonText, Shape, answer, documented
from services.chassis.web.idempotency import Once
from services.chassis.web.lines import is_head, settle
from services.chassis.web.media import is_compressed, media_type_in
from services.chassis.web.problems import declares, joined
from services.chassis.web.solving import NotPlain, may_repeat, plan_of

_PLAINLY_JSON: Final = frozenset(
    {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"}
)
_ASKING: Final = "request_"
# What FastAPI keeps of each answer, by its type: 24 routes of the ledger answer a HazardDocument, 27 KB each time.
_ANSWERS: Final[dict[Any, Any]] = {}
_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"


class JsonRequest(Request):
    """A request whose JSON stays text until the struct that it is meant for reads it."""

    async def fetch(self) -> None:
        """Read the body, before anything is known of its sender; raises Problem 413 for more than any command holds."""
        await read_body(self, MOST_COMMAND_BYTES)

    async def json(self) -> bytes:
        """Return the body as it came: as JsonText, or as bytes that say why they are none by the request's headers."""
        body = await self.body()
        if is_compressed(self.headers):
            return CompressedText(body)
        media_type = media_type_in(self.headers)
        return JsonText(body) if media_type is not None and media_type.is_utf8 else body

    async def plain(self) -> JsonText:
        """Return the body that is plainly JSON; raises NotPlain for one that needs a closer look."""
        named = self.headers.getlist("content-type")
        if len(named) != 1 or named[0].lower() not in _PLAINLY_JSON or "content-encoding" in self.headers:
            raise NotPlain
        await self.fetch()
        if not self._body:
            raise NotPlain
        return JsonText(self._body)

    def again(self) -> Receive:
        """Return where another reader gets the request from its start."""
        if not hasattr(self, "_body"):
            return self.receive
        waiting: list[Message] = [{"type": "http.request", "body": self._body, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else await self.receive()

        return receive


class Route(APIRoute):
    """A route of the house; see the module."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "response_model" in options:
            options["response_model"] = documented(options["response_model"])
        if not inspect.iscoroutinefunction(endpoint):
            raise TypeError(f"{path}: endpoints are `async def`; a plain function would be handed to a thread")
        super().__init__(path, _answering(endpoint, options.get("status_code")), **options)
        parameters = list(_parameters(self.dependant))
        # Each of the query, and whether it takes several values.
        self.parameters: Final = {
            field.alias: may_repeat(field.field_info.annotation) for kind, field in parameters if kind == "query"
        }
        if self.dependant.response_param_name:
            raise TypeError(f"{path}: use answer(...) for headers and status, a Response parameter is not heard")
        self.responses = joined(_common(self, {kind for kind, _ in parameters}), self.responses)
        takes_text = self.body_field is not None and _takes_text(self.body_field.field_info)
        self.plan: Final = plan_of(self.dependant) if self.body_field is None or takes_text else None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Know HEAD where GET is known (RFC 9110 §9.1). `methods` doesn't name it, so that OpenAPI says everything once."""
        match, found = super().matches(scope)
        return Match.FULL if match is Match.PARTIAL and is_head(scope, self.methods) else match, found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route's plan what fits it; the rest is FastAPI's, which knows how to explain.

        To HEAD what GET is answered: the server leaves out the body.
        """
        settle(scope)
        explain = self.app if is_head(scope, self.methods) else super().handle
        if self.plan is None or (explain is not self.app and scope["method"] not in (self.methods or ())):
            await explain(scope, receive, send)
            return
        request = JsonRequest(scope, receive)
        try:
            body = await request.plain() if self.body_field is not None else None
            response = await self.plan.run(request, body)
        except NotPlain:
            await explain(scope, request.again(), send)
            return
        await response(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler; struct bodies reach it unread."""
        if self.response_field is not None:
            self.response_field = _ANSWERS.setdefault(self.response_model, self.response_field)
        handle = super().get_route_handler()
        if self.body_field is None or not _takes_text(self.body_field.field_info):
            return handle

        async def with_text(request: Request) -> Response:
            sent = JsonRequest(request.scope, request.receive)
            await sent.fetch()
            return await handle(sent)

        return with_text


class Router(APIRouter):
    """FastAPI's router with the house's routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=Route, **options)


def strangers(request: Request) -> list[Refusal]:
    """Return what is wrong with the query beside its values: unknown names, a second value, NUL, bytes that are no UTF-8."""
    route = request.scope.get("route")
    return [*_misnamed(request, route.parameters), *_unfit(request)] if isinstance(route, Route) else []


def _misnamed(request: Request, known: Mapping[str, bool]) -> Iterator[Refusal]:
    for name in request.query_params:
        if name not in known:
            yield violation("unknown-parameter", name, names=", ".join(sorted(known)) or "-")
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            yield violation("repeated-parameter", name)


def _unfit(request: Request) -> Iterator[Refusal]:
    sent = request.scope["query_string"] + request.scope.get("raw_path", b"")
    texts = ((name, value) for name, value in request.path_params.items() if isinstance(value, str))
    for name, value in (*request.query_params.multi_items(), *texts):
        if "\0" in value:
            yield violation("control-character", name)
        elif _REPLACED in value and b"%EF%BF%BD" not in sent.upper():
            yield violation("wrong-format", name, rule="must be UTF-8", pattern="")


def _is_suspect(scope: Scope) -> bool:
    return bool(scope["query_string"]) or "\0" in scope["path"] or _REPLACED in scope["path"]


def _takes_text(body: FieldInfo) -> bool:
    """Say whether a route's body is a struct, which reads its text itself."""
    model = body.annotation
    return any(isinstance(one, Shape) for one in body.metadata) or hasattr(model, "__struct_fields__")


def _answering(endpoint: Callable[..., Awaitable[Any]], status: int | None) -> Callable[..., Awaitable[Response]]:
    """Return the endpoint as FastAPI shall call it: what it returns is encoded here, and strangers are refused first.

    First, but after the dependencies: whoever has no key is told that and nothing else.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    attempts = [name for name, parameter in signature.parameters.items() if parameter.annotation == Once]
    asking = inspect.Parameter(_ASKING, inspect.Parameter.KEYWORD_ONLY, annotation=Request)

    @functools.wraps(endpoint)
    async def answering(**values: Any) -> Response:
        request: Request = values.pop(_ASKING)
        if _is_suspect(request.scope) and strangers(request):
            raise RequestValidationError([])  # its handler tells the strangers
        said = await endpoint(**values)
        for name in attempts:
            if values[name].is_open:
                raise RuntimeError(f"{endpoint.__qualname__} began `{name}` and kept no answer")
        if said is None:
            return Response(status_code=status or 200)
        return said if isinstance(said, Response) else answer(said, status=status or 200)

    answering.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*_who_calls_first(signature.parameters.values()), asking],
        return_annotation=documented(signature.return_annotation),
    )
    return answering


def _who_calls_first(parameters: Iterable[inspect.Parameter]) -> list[inspect.Parameter]:
    """Return them so that FastAPI, which keeps their order, admits the caller before it says a word of the request."""
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    return sorted(named, key=_admits, reverse=True)


def _admits(parameter: inspect.Parameter) -> bool:
    marks = (parameter.default, *getattr(parameter.annotation, "__metadata__", ()))
    return any(getattr(getattr(mark, "dependency", None), "admits", False) for mark in marks)


def _parameters(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    """Yield every parameter of a route and its dependencies with where it stands."""
    for kind in ("path", "query", "header", "body"):
        for field in getattr(dependant, f"{kind}_params"):
            yield kind, field
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _marks(annotation: Any) -> Iterator[Any]:
    """Yield what annotates a parameter's type at any depth, such as the reader of a cursor."""
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _marks(inner)


def _common(route: APIRoute, kinds: set[str]) -> dict[int | str, dict[str, Any]]:
    """Return what every route of this kind may answer beside its own."""
    calls = list(_calls(route.dependant))
    codes = ["invalid-field", "unknown-parameter", "repeated-parameter", "too-busy", "unavailable"]
    marks = [mark for _, field in _parameters(route.dependant) for mark in _marks(field.field_info.annotation)]
    codes += [code for one in (*calls, *marks) for code in getattr(one, "codes", ())]
    if "path" in kinds:
        codes.append("not-found")
    if "body" in kinds:
        codes += ["body-too-large", "unsupported-media-type", "not-json", "bad-encoding"]
    return declares(*codes)
