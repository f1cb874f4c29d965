"""Numbers in tables in which anything may stand: 1 and 1.0 are one number, and an event that says either says the same."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

_Any = TypeVar("_Any", bound=msgspec.Struct)
# Up to here a float holds every whole number, so that 1 and 1.0 are the same to every reader of JSON (RFC 8259, 6).
_MOST_WHOLE: Final = 2**53 - 1


def with_plain_numbers(data: _Any) -> _Any:
    """Return `data` with whole numbers written as such (1 for 1.0) in those of its fields that hold tables of anything."""
    names = _free_tables(type(data))
    if not names:
        return data
    said = {name: _PLAIN.decode(msgspec.json.encode(getattr(data, name))) for name in names}
    return msgspec.structs.replace(data, **said)


@cache
def _free_tables(model: type[msgspec.Struct]) -> tuple[str, ...]:
    described = inspect.type_info(model)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - models are structs
    return tuple(field.name for field in described.fields if _is_free_table(field.type))


def _is_free_table(described: inspect.Type) -> bool:
    if isinstance(described, inspect.Metadata):
        return _is_free_table(described.type)
    if isinstance(described, inspect.UnionType):
        return any(map(_is_free_table, described.types))
    return isinstance(described, inspect.DictType) and isinstance(described.value_type, inspect.AnyType)


def _plain(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= _MOST_WHOLE else number


_PLAIN: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(float_hook=_plain)
