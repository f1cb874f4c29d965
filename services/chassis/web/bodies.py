"""Bodies of commands, taken from the command's own struct: its limits stand there and nowhere else.

    async def close(name: str, command: JsonBody[Close], ...) -> HazardDocument:        # the whole struct
    body: Any = Depends(sent(body_of(move.command, without=("submitted_at",))))          # in a loop over moves
    command = body.command(submitted_at=at)

Either way the body is closed: an unknown field is a mistake to be told about.
"""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any, ClassVar, Final, TypeVar, cast

import msgspec
from fastapi import Body, Request

from services.chassis.web.documents import Shape
from services.chassis.web.problems import Problem

MOST_COMMAND_BYTES: Final = 1024 * 1024

C = TypeVar("C", bound=msgspec.Struct)

JsonBody = Annotated[C, Shape(), Body()]
"""A route's parameter `command: JsonBody[Confirm]`: the request's body as this struct."""


class CommandBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a command less the fields that the server fills."""

    of: ClassVar[type[msgspec.Struct]]

    def command(self, **filled: Any) -> Any:
        """Return the command; `filled` are the fields that the body leaves out. Raises TypeError when one is missing."""
        sent = {field: getattr(self, field) for field in self.__struct_fields__}
        return self.of(**sent, **filled)


def body_of(command: type[C], *, without: Collection[str] = ()) -> type[CommandBody]:
    """Return the body of `command`: the same fields with the same limits, less those in `without`.

    In OpenAPI it is called like the command with `Body` behind it. Raises ValueError for a name in `without` that is
    no field.
    """
    fields = msgspec.structs.fields(command)
    if unknown := set(without) - {field.name for field in fields}:
        raise ValueError(f"{command.__name__} has no field {', '.join(sorted(unknown))}")
    hints = typing.get_type_hints(command, include_extras=True)
    kept = [
        (field.name, hints[field.name]) if field.required else (field.name, hints[field.name], _default(field))
        for field in fields
        if field.name not in without
    ]
    made: Any = msgspec.defstruct(
        f"{command.__name__}Body",
        kept,
        bases=(CommandBody,),
        module=command.__module__,
        namespace={"of": command, "__doc__": command.__doc__},
        frozen=True,
        kw_only=True,
    )
    return cast("type[CommandBody]", made)


def sent(body: type[msgspec.Struct]) -> Callable[..., Awaitable[Any]]:
    """Return the FastAPI dependency that gives the request's body as `body`, for routes that are made in a loop."""

    async def given(sent: Any) -> Any:
        return sent

    # FastAPI reads annotations, and this one is a value.
    given.__annotations__["sent"] = Annotated[body, Shape(), Body()]
    return given


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return msgspec.field(default_factory=field.default_factory)


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; raises Problem 413 as soon as it is known to exceed `limit` bytes.

    It is kept with the request, as Starlette keeps it, for whoever reads the same request again.
    """
    known: bytes | None = getattr(request, "_body", None)
    if known is not None:
        return known
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise Problem("body-too-large", limit=limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Problem("body-too-large", limit=limit)
    request._body = bytes(body)  # noqa: SLF001 - where Starlette's own body() keeps it
    return request._body  # noqa: SLF001
