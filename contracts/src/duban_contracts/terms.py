"""What a type demands beyond its shape: that a code is a term of its vocabulary, that a text says something.

The types carry it (`extra` of msgspec's Meta, see :mod:`duban_contracts.events.types`), so that every event type and
every command is checked at every depth without being named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from duban_contracts.admissible import texts
from duban_contracts.legible import legible
from duban_contracts.refusals import Refusal, violation
from duban_contracts.vocabulary import VOCABULARIES

_Check = Callable[[Any, str], Iterator[Refusal]]


def check_terms(data: msgspec.Struct) -> list[Refusal]:
    """Return what in `data`, a decoded struct, is no term of its vocabulary, or a text that may not stand there."""
    check = _of_model(type(data))
    return [] if check is None else list(check(data, "$"))


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
def _of_model(model: type[msgspec.Struct]) -> _Check | None:
    return _of_type(inspect.type_info(model))


def _of_type(described: inspect.Type) -> _Check | None:
    """Return the check of a type, or None where nothing in it demands one: most fields cost nothing."""
    if isinstance(described, inspect.Metadata):
        return _of_extra(described.extra or {}) or _of_type(described.type)
    if isinstance(described, inspect.StructType):
        return _of_struct(described)
    if isinstance(described, inspect.UnionType):
        return _of_union(described)
    if isinstance(described, inspect.VarTupleType | inspect.ListType):
        return _of_items(described.item_type)
    return None


def _of_extra(extra: dict[str, Any]) -> _Check | None:
    if "vocabulary" in extra:
        return _in_vocabulary(extra["vocabulary"])
    return _TEXTS[extra["text"]] if "text" in extra else None


def _in_vocabulary(name: str) -> _Check:
    vocabulary = VOCABULARIES[name]

    def check(value: Any, path: str) -> Iterator[Refusal]:
        if value not in vocabulary:
            yield unknown_term(value, path, name)

    return check


def _line(value: Any, path: str) -> Iterator[Refusal]:
    if not texts.fits_line(value):
        yield violation("control-character", path)
    elif texts.is_blank(value):
        yield violation("blank-text", path)


def _lines(value: Any, path: str) -> Iterator[Refusal]:
    if not texts.fits_lines(value):
        yield violation("control-character", path)
    elif texts.is_blank(value):
        yield violation("blank-text", path)


def _loose(value: Any, path: str) -> Iterator[Refusal]:
    if not texts.fits_line(value):
        yield violation("control-character", path)


def _of_struct(described: inspect.StructType) -> _Check | None:
    checks = [(f.name, f.encode_name, found) for f in described.fields if (found := _of_type(f.type)) is not None]
    if not checks:
        return None

    def check(value: Any, path: str) -> Iterator[Refusal]:
        for name, shown, demand in checks:
            yield from demand(getattr(value, name), f"{path}.{shown}")

    return check


def _of_union(described: inspect.UnionType) -> _Check | None:
    """Return the check of an optional field; the contract has no other unions."""
    found = [demand for option in described.types if (demand := _of_type(option)) is not None]
    if not found:
        return None
    if len(found) > 1:
        raise NotImplementedError("a union of two types that demand something is not used in this contract")

    def check(value: Any, path: str) -> Iterator[Refusal]:
        if value is not None:
            yield from found[0](value, path)

    return check


def _of_items(described: inspect.Type) -> _Check | None:
    found = _of_type(described)
    if found is None:
        return None

    def check(value: Any, path: str) -> Iterator[Refusal]:
        for index, item in enumerate(value):
            yield from found(item, f"{path}[{index}]")

    return check


# A line (a name, a number, a heading), several lines, and a line that may be blank.
_TEXTS: Final[dict[str, _Check]] = {"line": _line, "lines": _lines, "loose": _loose}
