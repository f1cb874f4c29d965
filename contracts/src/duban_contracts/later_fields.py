"""Fields that came to a type when it was in use, and what an event says without them, as it was said before.

The fields say it (`later` in :mod:`duban_contracts.events.marks`), at every depth.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import msgspec
from msgspec import inspect


def encoded_as_before(data: msgspec.Struct, order: Literal["deterministic"] | None = None) -> bytes:
    """Return `data` as JSON without those of its later fields that say no more than their default.

    Fields stand in the order of their model; with `order`, what stands in a table by name is in order of names.
    """
    # Nearly every type has none, and that is one look: this is asked of every event of a county.
    if not _has_later(type(data)):
        return msgspec.json.encode(data, order=order)
    document = msgspec.to_builtins(data, order=order)
    _leave_out(data, document)
    return msgspec.json.encode(document)


@cache
def _has_later(model: type[msgspec.Struct]) -> bool:
    return _holds_later(inspect.type_info(model))


def _holds_later(described: inspect.Type) -> bool:
    if isinstance(described, inspect.StructType):
        return any(_is_later(field.type) or _holds_later(field.type) for field in described.fields)
    if isinstance(described, inspect.UnionType):
        return any(map(_holds_later, described.types))
    if isinstance(described, inspect.VarTupleType | inspect.ListType):
        return _holds_later(described.item_type)
    return isinstance(described, inspect.Metadata) and _holds_later(described.type)


def _is_later(described: inspect.Type) -> bool:
    if isinstance(described, inspect.UnionType):
        return any(map(_is_later, described.types))
    return isinstance(described, inspect.Metadata) and "later" in (described.extra or {})


@cache
def _fields(model: type[msgspec.Struct]) -> tuple[tuple[str, str, bool, Any], ...]:
    """Return of each field its name, its name in JSON, whether it came later, and its default."""
    return tuple(
        (
            field.name,
            field.encode_name,
            _is_later(inspect.type_info(field.type)),
            field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory(),
        )
        for field in msgspec.structs.fields(model)
    )


def _leave_out(value: Any, document: Any) -> None:
    """Take what came later and says nothing out of `document`, which is `value` in plain dicts and lists."""
    if isinstance(value, msgspec.Struct):
        for name, shown, is_later, default in _fields(type(value)):
            said = getattr(value, name)
            if is_later and said == default:
                del document[shown]
            else:
                _leave_out(said, document[shown])
    elif isinstance(value, tuple | list):
        for item, plain in zip(value, document, strict=True):
            _leave_out(item, plain)
