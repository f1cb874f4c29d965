"""Every error of a document at once, each with its JSON path: the slow road, only for documents that are wrong.

The document is walked beside msgspec's own description of the model: no second definition that could drift.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import inspect

from duban_contracts.admissible.numbers import is_beyond, places_beyond
from duban_contracts.refusals import Refusal, violation
from duban_contracts.terms import unknown_term

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_Check = Callable[[Any, Any, str], Iterator[Refusal]]


@cache
def _described(model: Any) -> inspect.Type:
    return inspect.type_info(model)


def explain(document: object, model: type[msgspec.Struct]) -> Iterator[Refusal]:
    """Yield what is wrong with `document` (decoded JSON) as a closed `model`; nothing when it is right.

    Raises NotImplementedError when the model has a field of a kind that neither events nor commands use.
    """
    return _check(document, _described(model), "$")


def explain_type(value: object, expected: Any, path: str) -> Iterator[Refusal]:
    """Yield what is wrong with one decoded `value` as a type of the contract (`Sector`, `CountyCode | None`)."""
    return _check(value, _described(expected), path)


def _check(value: Any, expected: inspect.Type, path: str) -> Iterator[Refusal]:
    if isinstance(expected, inspect.Metadata):
        vocabulary = (expected.extra or {}).get("vocabulary")
        if vocabulary is not None and isinstance(value, str):
            return _check_code(value, expected.type, path, vocabulary)
        return _check(value, expected.type, path)
    if is_beyond(value):
        return _check_anything(value, expected, path)
    check = _CHECKS.get(type(expected))
    if check is None:
        raise NotImplementedError(f"{path}: {type(expected).__name__} is not used in this contract")
    return check(value, expected, path)


def _check_code(value: str, expected: inspect.Type, path: str, vocabulary: str) -> Iterator[Refusal]:
    """Yield that `value` is no code of its vocabulary where it has not even the shape of one: a name, most often."""
    if any(_check(value, expected, path)):
        yield unknown_term(value, path, vocabulary)


def _check_struct(value: Any, expected: inspect.StructType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, dict):
        yield violation("wrong-type", path, zh="对象", en="an object")
        return
    known = {field.encode_name: field for field in expected.fields}
    tag = expected.tag_field
    if tag in value and value[tag] != expected.tag:
        yield violation("unknown-value", f"{path}.{tag}", values=str(expected.tag))
    for name, field in known.items():
        if name in value:
            yield from _check(value[name], field.type, f"{path}.{name}")
        elif field.required:
            yield violation("missing-field", f"{path}.{name}")
    for name in value:
        if name not in known and name != tag:
            yield violation("unknown-field", f"{path}.{name}")


def _check_union(value: Any, expected: inspect.UnionType, path: str) -> Iterator[Refusal]:
    """Yield what is wrong with `value` as the first of the options, when it is none of them."""
    options = [option for option in expected.types if not isinstance(option, inspect.NoneType)]
    if value is None and len(options) < len(expected.types):
        return
    tagged = [option for option in options if isinstance(option, inspect.StructType) and option.tag_field is not None]
    if len(tagged) > 1 and isinstance(value, dict):
        yield from _check_tagged(value, tagged, path)
        return
    faults = [list(_check(value, option, path)) for option in options]
    if all(faults):
        yield from faults[0]


def _check_tagged(value: dict[str, Any], options: list[inspect.StructType], path: str) -> Iterator[Refusal]:
    """Yield what is wrong with `value` as the struct that its tag names."""
    name = str(options[0].tag_field)
    if name not in value:
        yield violation("missing-field", f"{path}.{name}")
        return
    for option in options:
        if option.tag == value[name]:
            yield from _check_struct(value, option, path)
            return
    yield violation("unknown-value", f"{path}.{name}", values=", ".join(str(option.tag) for option in options))


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


def _check_whole(value: Any, expected: inspect.IntType, path: str) -> Iterator[Refusal]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield violation("wrong-type", path, zh="整数", en="a whole number")
    else:
        yield from _check_bounds(value, expected, path)


def _check_number(value: Any, expected: inspect.FloatType, path: str) -> Iterator[Refusal]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield violation("wrong-type", path, zh="数字", en="a number")
    else:
        yield from _check_bounds(value, expected, path)


def _check_bounds(value: float, expected: inspect.IntType | inspect.FloatType, path: str) -> Iterator[Refusal]:
    if expected.ge is not None and value < expected.ge:
        yield violation("out-of-range", path, zh=f"不小于{expected.ge}", en=f"at least {expected.ge}")
    elif expected.gt is not None and value <= expected.gt:
        yield violation("out-of-range", path, zh=f"大于{expected.gt}", en=f"above {expected.gt}")
    elif expected.le is not None and value > expected.le:
        yield violation("out-of-range", path, zh=f"不大于{expected.le}", en=f"at most {expected.le}")
    elif expected.lt is not None and value >= expected.lt:
        yield violation("out-of-range", path, zh=f"小于{expected.lt}", en=f"below {expected.lt}")


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


def _check_instant(value: Any, expected: inspect.DateTimeType, path: str) -> Iterator[Refusal]:
    read = _WITH_OFFSET.decode if expected.tz else _INSTANT.decode
    if not (isinstance(value, str) and _readable(read, b'"%s"' % value.encode())):
        yield violation("bad-time", path)


def _check_uuid(value: Any, _expected: inspect.UUIDType, path: str) -> Iterator[Refusal]:
    if not (isinstance(value, str) and _readable(_UUID.decode, b'"%s"' % value.encode())):
        yield violation("wrong-format", path, rule="must be a UUID")


def _check_literal(value: Any, expected: inspect.LiteralType, path: str) -> Iterator[Refusal]:
    if not any(value == allowed and type(value) is type(allowed) for allowed in expected.values):
        yield violation("unknown-value", path, values=", ".join(map(str, expected.values)))


def _check_array(value: Any, expected: inspect.VarTupleType | inspect.ListType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, list):
        yield violation("wrong-type", path, zh="数组", en="an array")
        return
    least, most = expected.min_length, expected.max_length
    if least is not None and len(value) < least:
        yield violation("out-of-range", path, zh=f"项数至少为{least}", en=f"an array of at least {least} items")
    elif most is not None and len(value) > most:
        yield violation("out-of-range", path, zh=f"项数至多为{most}", en=f"an array of at most {most} items")
    for index, item in enumerate(value):
        yield from _check(item, expected.item_type, f"{path}[{index}]")


def _check_row(value: Any, expected: inspect.TupleType, path: str) -> Iterator[Refusal]:
    kinds = expected.item_types
    if not isinstance(value, list) or len(value) != len(kinds):
        yield violation("wrong-type", path, zh=f"{len(kinds)}项的数组", en=f"an array of {len(kinds)} items")
        return
    for index, (item, kind) in enumerate(zip(value, kinds, strict=True)):
        yield from _check(item, kind, f"{path}[{index}]")


def _check_mapping(value: Any, expected: inspect.DictType, path: str) -> Iterator[Refusal]:
    if not isinstance(value, dict):
        yield violation("wrong-type", path, zh="对象", en="an object")
        return
    for name, item in value.items():
        yield from _check(name, expected.key_type, f"{path}.{name}")
        yield from _check(item, expected.value_type, f"{path}.{name}")


def _check_anything(value: Any, _expected: inspect.Type, path: str) -> Iterator[Refusal]:
    for place in places_beyond(value, path):
        yield violation("out-of-range", place, zh="绝对值不大于1.797e308", en="at most 1.797e308 from 0")


def _readable(read: Callable[[Any], object], value: object) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


_INSTANT: Final = msgspec.json.Decoder(datetime)
_WITH_OFFSET: Final = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])
_UUID: Final = msgspec.json.Decoder(UUID)
_CHECKS: Final[dict[type[inspect.Type], _Check]] = {
    inspect.StructType: _check_struct,
    inspect.UnionType: _check_union,
    inspect.StrType: _check_text,
    inspect.IntType: _check_whole,
    inspect.FloatType: _check_number,
    inspect.BoolType: _check_flag,
    inspect.EnumType: _check_enum,
    inspect.DateType: _check_date,
    inspect.DateTimeType: _check_instant,
    inspect.UUIDType: _check_uuid,
    inspect.LiteralType: _check_literal,
    inspect.VarTupleType: _check_array,
    inspect.ListType: _check_array,
    inspect.TupleType: _check_row,
    inspect.DictType: _check_mapping,
    inspect.AnyType: _check_anything,
}
