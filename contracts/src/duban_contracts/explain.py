"""Every error of a document at once, each with its JSON path: the slow road, only for documents that are wrong.

The document is walked beside msgspec's own description of the model: no second definition that could drift.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from duban_contracts.refusals import Refusal, violation

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_Check = Callable[[Any, Any, str], Iterator[Refusal]]


@cache
def _described(model: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(model)


def explain(document: object, model: type[msgspec.Struct]) -> Iterator[Refusal]:
    """Yield what is wrong with `document` (decoded JSON) as a published `model`; nothing when it is right."""
    return _check(document, _described(model), "$")


def _check(value: Any, expected: inspect.Type, path: str) -> Iterator[Refusal]:
    if isinstance(expected, inspect.Metadata):
        return _check(value, expected.type, path)
    check = _CHECKS.get(type(expected))
    if check is None:
        raise NotImplementedError(f"{path}: {type(expected).__name__} is not used in this contract")
    return check(value, expected, path)


def _check_struct(value: Any, expected: inspect.StructType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, dict):
        yield violation("wrong-type", path, zh="对象", en="an object")
        return
    known = {field.encode_name: field for field in expected.fields}
    for name, field in known.items():
        if name in value:
            yield from _check(value[name], field.type, f"{path}.{name}")
        elif field.required:
            yield violation("missing-field", f"{path}.{name}")
    for name in value:
        if name not in known:
            yield violation("unknown-field", f"{path}.{name}")


def _check_union(value: Any, expected: inspect.UnionType, path: str) -> Iterator[Refusal]:
    if value is None and any(isinstance(option, inspect.NoneType) for option in expected.types):
        return
    for option in expected.types:
        if not isinstance(option, inspect.NoneType):
            yield from _check(value, option, path)


def _check_text(value: Any, expected: inspect.StrType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, str):
        yield violation("wrong-type", path, zh="文本", en="a string")
        return
    least, most, pattern = expected.min_length, expected.max_length, expected.pattern
    if least is not None and len(value) < least:
        yield violation("too-short", path, limit=least)
    elif most is not None and len(value) > most:
        yield violation("too-long", path, limit=most)
    elif pattern is not None and re.search(pattern, value) is None:
        if _CONTROL.search(value):
            yield violation("control-character", path)
        else:
            yield violation("wrong-format", path, pattern=pattern)


def _check_number(value: Any, expected: inspect.IntType, path: str) -> Iterator[Refusal]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield violation("wrong-type", path, zh="整数", en="a whole number")
    elif expected.ge is not None and value < expected.ge:
        yield violation("out-of-range", path, zh=f"不小于{expected.ge}", en=f"at least {expected.ge}")


def _check_flag(value: Any, _expected: inspect.BoolType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, bool):
        yield violation("wrong-type", path, zh="是/否", en="true or false")


def _check_enum(value: Any, expected: inspect.EnumType, path: str) -> Iterator[Refusal]:
    values = [member.value for member in expected.cls]
    if value not in values:
        yield violation("unknown-value", path, values=", ".join(values))


def _check_date(value: Any, _expected: inspect.DateType, path: str) -> Iterator[Refusal]:
    if not (isinstance(value, str) and _DATE.match(value) and _readable(date.fromisoformat, value)):
        yield violation("bad-date", path)


def _check_instant(value: Any, _expected: inspect.DateTimeType, path: str) -> Iterator[Refusal]:
    if not (isinstance(value, str) and _readable(_INSTANT.decode, b'"%s"' % value.encode())):
        yield violation("bad-time", path)


def _check_array(value: Any, expected: inspect.VarTupleType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, list):
        yield violation("wrong-type", path, zh="数组", en="an array")
        return
    for index, item in enumerate(value):
        yield from _check(item, expected.item_type, f"{path}[{index}]")


def _readable(read: Callable[[Any], object], value: object) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


_INSTANT: Final = msgspec.json.Decoder(datetime)
_CHECKS: Final[dict[type[inspect.Type], _Check]] = {
    inspect.StructType: _check_struct,
    inspect.UnionType: _check_union,
    inspect.StrType: _check_text,
    inspect.IntType: _check_number,
    inspect.BoolType: _check_flag,
    inspect.EnumType: _check_enum,
    inspect.DateType: _check_date,
    inspect.DateTimeType: _check_instant,
    inspect.VarTupleType: _check_array,
}
