"""The closed twin of a payload model: the same fields, and nothing else at any depth.

Readers ignore what they do not know; publishers are held to the closed form, so that a misspelt optional
field is named instead of being lost. What a reader has decoded anyway needs no second decoding by the twin, only a look
at its names.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Final, Union

import msgspec
from msgspec import inspect

from duban_contracts.admissible.octets import plainly_once
from duban_contracts.not_json import NOT_JSON

_Count = Callable[[Any], int]


@cache
def closed(model: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Return `model` with unknown fields forbidden in it and in every struct it holds."""
    hints = typing.get_type_hints(model, include_extras=True)
    fields: list[Any] = []
    for field in msgspec.structs.fields(model):
        annotation = _closed_annotation(hints[field.name])
        if field.required:
            fields.append((field.encode_name, annotation))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.encode_name, annotation, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.encode_name, annotation, field.default))
    config = model.__struct_config__
    twin = msgspec.defstruct(
        model.__name__,
        fields,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        # What tells it from the others of a union stays.
        tag=config.tag,
        tag_field=config.tag_field,
    )
    twin.__doc__ = model.__doc__
    return twin


def _closed_annotation(annotation: Any) -> Any:
    """Return `annotation` with every struct in it closed."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return closed(annotation)
    arguments = typing.get_args(annotation)
    if not arguments:
        return annotation
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return Annotated[(_closed_annotation(arguments[0]), *arguments[1:])]
    changed = tuple(_closed_annotation(argument) for argument in arguments)
    if origin in {Union, types.UnionType}:
        return Union[changed]  # noqa: UP007  (built from a tuple)
    return origin[changed]


@cache
def closed_decoder(model: type[msgspec.Struct]) -> msgspec.json.Decoder[msgspec.Struct]:
    """Return the decoder of the closed twin of `model`: at most one error, at the speed of reading."""
    return msgspec.json.Decoder(closed(model))


class _Unsure(Exception):
    """An object holds names that its type does not have, or a type doesn't say which it has."""


def plainly_closed(model: type[msgspec.Struct], data: bytes) -> bool:
    """Tell whether a look at the names shows that the closed twin would take `data`, which `model` reads, each once.

    False says nothing: names may stand twice or be unknown, or be written so that a count doesn't tell.
    """
    try:
        document = msgspec.json.decode(data)
        return plainly_once(data, _names_of(model)(document), document)
    except (_Unsure, *NOT_JSON):
        return False


@cache
def _names_of(model: type[msgspec.Struct]) -> _Count:
    """Return what counts the names in a document of `model` at any depth, and raises _Unsure for an unknown one."""
    return _count_of(inspect.type_info(model)) or _unsure


def _unsure(_: Any) -> int:
    raise _Unsure


def _count_of(described: inspect.Type) -> _Count | None:
    """Return the count of a type, or None where it holds no names."""
    if isinstance(described, inspect.Metadata):
        return _count_of(described.type)
    if isinstance(described, inspect.UnionType):
        found = [count for option in described.types if (count := _count_of(option)) is not None]
        return None if not found else found[0] if len(found) == 1 else _unsure
    if isinstance(described, inspect.VarTupleType | inspect.ListType):
        of_item = _count_of(described.item_type)
        return None if of_item is None else lambda items: sum(map(of_item, items))
    if isinstance(described, inspect.StructType) and not described.array_like and described.tag is None:
        return _count_of_struct(described)
    return None if isinstance(described, _NAMELESS) else _unsure


def _count_of_struct(described: inspect.StructType) -> _Count:
    known = frozenset(field.encode_name for field in described.fields)
    inner = [(f.encode_name, found) for f in described.fields if (found := _count_of(f.type)) is not None]

    def count(document: dict[str, Any]) -> int:
        if not known.issuperset(document):
            raise _Unsure
        names = len(document)
        for name, of_field in inner:
            held = document.get(name)
            if held is not None:
                names += of_field(held)
        return names

    return count


_NAMELESS: Final = (
    inspect.StrType,
    inspect.BoolType,
    inspect.IntType,
    inspect.FloatType,
    inspect.EnumType,
    inspect.DateType,
    inspect.DateTimeType,
    inspect.NoneType,
)
