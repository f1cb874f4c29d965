"""Lists over HTTP, page by page: one document, one kind of cursor, an exact `next`.

    class ByArrival(Cursor, frozen=True, tag="arrival"):       # where a page ends: the sort key of a row
        hazard_id: UUID

    async def hazards(after: After[ByArrival] = None, limit: Limit = 50) -> Page[HazardDocument]:
        rows = await tables.page(connection, after=after, limit=limit + 1)    # one more than is shown
        return page_of(rows, limit, item=HazardDocument.of, cursor=lambda row: ByArrival(hazard_id=row.hazard_id))

Page on a key that is unique and never changes, or a row may be missed or seen twice.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Generic, Self, TypeVar

import msgspec
from fastapi import Query
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from duban_contracts.refusals import refusal
from services.chassis.web.documents import BIGINT, Document
from services.chassis.web.violations import refused

T = TypeVar("T")
R = TypeVar("R")
LONGEST_CURSOR: Final = 400


class BadCursor(ValueError):
    """The text is no cursor of this list."""


class Cursor(msgspec.Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ends, opaque to the caller. A subclass names its list, and a changed one its version, by `tag`."""

    def encode(self) -> str:
        """Return the cursor as it stands in `next`."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the cursor that `encode` wrote; raises BadCursor for anything else."""
        if len(text) > LONGEST_CURSOR:
            raise BadCursor("too long")
        try:
            found: Self = _decoder(cls).decode(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
            # Only what `encode` would write: no other spelling, nothing that PostgreSQL can't take.
            ours = found.encode() == text and all(_fits(getattr(found, name)) for name in found.__struct_fields__)
        except (binascii.Error, ValueError, OverflowError, msgspec.DecodeError, RecursionError) as error:
            raise BadCursor(str(error)) from error
        if not ours:
            raise BadCursor("not written here")
        return found


@cache
def _decoder(kind: type[Cursor]) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


def _fits(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not isinstance(value, int) or value in BIGINT


class Page(Document, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `next` goes into `after` for the following page and is null on the last."""

    items: list[T]
    next: str | None


def page_of(rows: Sequence[R], limit: int, *, item: Callable[[R], T], cursor: Callable[[R], Cursor]) -> Page[T]:
    """Return the page of the first `limit` rows; `rows` were asked for with `limit + 1`, so that `next` is exact."""
    shown = rows[:limit]
    following = cursor(shown[-1]).encode() if len(rows) > limit else None
    return Page(items=[item(row) for row in shown], next=following)


class _CursorParameter:
    """Annotation: reads the text of `after` as the cursor that the parameter's type names."""

    codes: Final = ("bad-cursor",)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of `Cursor | None`."""
        del handler

        def read(text: Any) -> Any:
            if text is None:
                return None
            try:
                return source.parse(text)
            except BadCursor:
                raise refused(refusal("bad-cursor", field="$")) from None

        return core_schema.no_info_plain_validator_function(read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return what OpenAPI says of it."""
        del schema, handler
        return {"type": "string", "maxLength": LONGEST_CURSOR}


P = TypeVar("P", bound=Cursor)
After = Annotated[Annotated[P, _CursorParameter()] | None, Query(description="上一页的 next")]
"""A route's parameter `after: After[ByArrival] = None`: where the page before ended."""
