"""What a type demands beyond its shape: that a code is a term of its vocabulary, that a text says something.

The types carry it (`extra` of msgspec's Meta, see :mod:`duban_contracts.events.types`), so that every event type and
every command is checked at every depth without being named here. An instant is held to the years of UTC wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from duban_contracts.admissible import texts
from duban_contracts.legible import legible
from duban_contracts.refusals import Refusal, violation
from duban_contracts.vocabulary import VOCABULARIES


class _Demand(NamedTuple):
    """What a type demands of its value: whether it is met, at the speed of reading, and else what is wrong."""

    met: Callable[[Any], bool]
    faults: Callable[[Any, str], Iterator[Refusal]]


def check_terms(data: msgspec.Struct) -> list[Refusal]:
    """Return what in `data`, a decoded struct, is no term of its vocabulary, or a text that may not stand there."""
    demand = _of_model(type(data))
    return [] if demand is None or demand.met(data) else list(demand.faults(data, "$"))


def unknown_term(value: Any, path: str, name: str) -> Refusal:
    """Return the refusal of what is no code of the vocabulary `name`, with the code that was meant where that is clear."""
    vocabulary = VOCABULARIES[name]
    plain = violation("unknown-term", path, title=vocabulary.title, vocabulary=name)
    meant = vocabulary.match(value) if isinstance(value, str) else None
    if meant is None:
        return plain
    message = f"{plain.message}；“{legible(value)}”的代码是 {meant}"
    return msgspec.structs.replace(plain, message=message, rule=f"{plain.rule}: {meant}")


@cache
def _of_model(model: type[msgspec.Struct]) -> _Demand | None:
    return _of_type(inspect.type_info(model))


def _of_type(described: inspect.Type) -> _Demand | None:
    """Return the demand of a type, or None where nothing in it demands one: most fields cost nothing."""
    if isinstance(described, inspect.Metadata):
        return _of_extra(described.extra or {}) or _of_type(described.type)
    of_kind = _KINDS.get(type(described))
    return None if of_kind is None else of_kind(described)


def _of_extra(extra: dict[str, Any]) -> _Demand | None:
    if "vocabulary" in extra:
        return _in_vocabulary(extra["vocabulary"])
    return _TEXTS[extra["text"]] if "text" in extra else None


def _in_vocabulary(name: str) -> _Demand:
    vocabulary = VOCABULARIES[name]

    def faults(value: Any, path: str) -> Iterator[Refusal]:
        if value not in vocabulary:
            yield unknown_term(value, path, name)

    return _Demand(vocabulary.__contains__, faults)


def _text(fits: Callable[[str], bool], *, may_be_blank: bool = False) -> _Demand:
    def met(value: Any) -> bool:
        return texts.is_plain(value) or (fits(value) and (may_be_blank or not texts.is_blank(value)))

    def faults(value: Any, path: str) -> Iterator[Refusal]:
        if not fits(value):
            yield violation("control-character", path)
        elif not may_be_blank and texts.is_blank(value):
            yield violation("blank-text", path)

    return _Demand(met, faults)


def _of_struct(described: inspect.StructType) -> _Demand | None:
    demands = [(f.name, f.encode_name, found) for f in described.fields if (found := _of_type(f.type)) is not None]
    if not demands:
        return None
    quick = [(name, demand.met) for name, _, demand in demands]

    def met(value: Any) -> bool:
        for name, is_met in quick:  # noqa: SIM110 - a generator costs what is saved here
            if not is_met(getattr(value, name)):
                return False
        return True

    def faults(value: Any, path: str) -> Iterator[Refusal]:
        for name, shown, demand in demands:
            yield from demand.faults(getattr(value, name), f"{path}.{shown}")

    return _Demand(met, faults)


def _of_union(described: inspect.UnionType) -> _Demand | None:
    """Return the demand of an optional field, or of one of several structs; the contract has no other unions."""
    structs = {option.cls: _of_type(option) for option in described.types if isinstance(option, inspect.StructType)}
    if len(structs) > 1:
        return _of_one_of({kind: demand for kind, demand in structs.items() if demand is not None})
    found = [demand for option in described.types if (demand := _of_type(option)) is not None]
    if not found:
        return None
    if len(found) > 1:
        raise NotImplementedError("a union of two types that demand something is not used in this contract")
    (demand,) = found

    # A number in the place of a text is none of its demand's: of texts, days and instants a union has one at most.
    kinds = (int, float, type(None)) if _has_numbers(described) else type(None)

    def faults(value: Any, path: str) -> Iterator[Refusal]:
        if not isinstance(value, kinds):
            yield from demand.faults(value, path)

    return _Demand(lambda value: isinstance(value, kinds) or demand.met(value), faults)


def _has_numbers(described: inspect.UnionType) -> bool:
    return any(isinstance(each, inspect.IntType | inspect.FloatType | inspect.BoolType) for each in described.types)


def _of_one_of(demands: dict[type, _Demand]) -> _Demand | None:
    """Return the demand of a value that is one of several structs, which its own class tells."""
    if not demands:
        return None

    def met(value: Any) -> bool:
        demand = demands.get(type(value))
        return demand is None or demand.met(value)

    def faults(value: Any, path: str) -> Iterator[Refusal]:
        demand = demands.get(type(value))
        if demand is not None:
            yield from demand.faults(value, path)

    return _Demand(met, faults)


def _of_items(described: inspect.Type) -> _Demand | None:
    demand = _of_type(described)
    if demand is None:
        return None

    def faults(value: Any, path: str) -> Iterator[Refusal]:
        for index, item in enumerate(value):
            yield from demand.faults(item, f"{path}[{index}]")

    return _Demand(lambda value: all(map(demand.met, value)), faults)


def _of_table(described: inspect.DictType) -> _Demand | None:
    """Return the demand of what stands in a table by name, and of the names."""
    of_key, of_value = _of_type(described.key_type), _of_type(described.value_type)
    if of_key is None and of_value is None:
        return None

    def faults(table: Any, path: str) -> Iterator[Refusal]:
        for name, value in table.items():
            if of_key is not None and not of_key.met(name):
                yield from of_key.faults(name, path)
            if of_value is not None:
                yield from of_value.faults(value, f"{path}.{name}")

    return _Demand(lambda table: next(faults(table, ""), None) is None, faults)


def _faults_of_instant(instant: datetime, path: str) -> Iterator[Refusal]:
    """Yield that an instant lies before the first or after the last year that UTC can write; whether it has an offset its type says."""
    try:
        instant.astimezone(UTC)
    except OverflowError:
        yield violation("bad-time", path)


def _faults_of_values(filled: Any, path: str) -> Iterator[Refusal]:
    """Yield what in a form of anybody's making can't be kept: texts as everywhere, whole numbers that a float holds too."""
    left = [(filled, path, 0)]
    while left:
        value, place, depth = left.pop()
        if isinstance(value, str):
            if not texts.fits_lines(value):
                yield violation("control-character", place)
        elif isinstance(value, int) and abs(value) > _MOST_WHOLE:
            yield violation("out-of-range", place, zh=f"绝对值不大于{_MOST_WHOLE}", en=f"at most {_MOST_WHOLE} from 0")
        elif isinstance(value, dict | list) and depth == _MOST_DEPTH:
            yield violation("out-of-range", place, zh=f"嵌套不超过{_MOST_DEPTH}层", en=f"at most {_MOST_DEPTH} deep")
        elif isinstance(value, dict):
            if not all(map(texts.fits_line, value)):
                yield violation("control-character", place)
            left += [(item, f"{place}.{name}", depth + 1) for name, item in value.items()]
        elif isinstance(value, list):
            left += [(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]


# Integers beyond are not the same to every reader of JSON (RFC 8259 §6); no form of a city is nested deeper.
_MOST_WHOLE: Final = 2**53 - 1
_MOST_DEPTH: Final = 16
# A line (a name, a number, a heading), several lines, a line that may be blank, and a form's values at any depth.
_TEXTS: Final[dict[str, _Demand]] = {
    "line": _text(texts.fits_line),
    "lines": _text(texts.fits_lines),
    "loose": _text(texts.fits_line, may_be_blank=True),
    "values": _Demand(lambda filled: next(_faults_of_values(filled, ""), None) is None, _faults_of_values),
}
_INSTANT: Final = _Demand(lambda instant: next(_faults_of_instant(instant, ""), None) is None, _faults_of_instant)


_KINDS: Final[dict[type[inspect.Type], Callable[[Any], _Demand | None]]] = {
    inspect.StructType: _of_struct,
    inspect.UnionType: _of_union,
    inspect.VarTupleType: lambda described: _of_items(described.item_type),
    inspect.ListType: lambda described: _of_items(described.item_type),
    inspect.DictType: _of_table,
    inspect.DateTimeType: lambda _: _INSTANT,
}
