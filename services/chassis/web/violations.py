"""What pydantic and FastAPI find wrong with a request, told as the contract tells it: code, Chinese, field, rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pydantic_core import PydanticCustomError

from duban_contracts.field_names import FIELD_NAMES_ZH
from duban_contracts.refusals import Refusal, violation

MOST_VIOLATIONS: Final = 20
_LISTED: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_INTEGER: Final = {"zh": "整数", "en": "a whole number"}
_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "int": _INTEGER,
    "float": {"zh": "数字", "en": "a number"},
    "bool": {"zh": "true 或 false", "en": "true or false"},
    "string": {"zh": "文本", "en": "a string"},
    "uuid": {"zh": "UUID", "en": "a UUID"},
    "list": {"zh": "数组", "en": "an array"},
    "dict": {"zh": "对象", "en": "an object"},
}
_BOUNDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "greater_than_equal": ("ge", "不小于", "at least"),
    "greater_than": ("gt", "大于", "above"),
    "less_than_equal": ("le", "不大于", "at most"),
    "less_than": ("lt", "小于", "below"),
}


def _values(context: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"values": ", ".join(_LISTED.findall(str(context["expected"])))}


_CODES: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]]] = {
    "missing": ("missing-field", lambda _: {}),
    "enum": ("unknown-value", _values),
    "literal_error": ("unknown-value", _values),
    "string_too_short": ("too-short", lambda context: {"limit": context["min_length"]}),
    "string_too_long": ("too-long", lambda context: {"limit": context["max_length"]}),
    "string_pattern_mismatch": ("wrong-format", lambda context: {"pattern": context["pattern"]}),
    "json_invalid": ("not-json", lambda context: {"detail": context.get("error", "")}),
}
_FAMILIES: Final = {"datetime": "bad-time", "timezone": "bad-time", "date": "bad-date"}


def refused(*found: Refusal) -> PydanticCustomError:
    """Return what a validator raises to say these refusals; FastAPI gathers it with what else is wrong."""
    return PydanticCustomError("refused", "the contract refuses it", {"violations": found})


def told(errors: Iterable[Mapping[str, Any]]) -> list[Refusal]:
    """Return FastAPI's validation errors as refusals, at most the first 20."""
    found = [one for error in errors for one in _told(error)]
    return found[:MOST_VIOLATIONS]


def _told(error: Mapping[str, Any]) -> Iterable[Refusal]:
    if error["type"] == "refused":
        return [_placed(one, error["loc"]) for one in error["ctx"]["violations"]]
    # A body that is no JSON has only a position.
    place = "body" if error["type"] == "json_invalid" else place_of(error["loc"])
    return [_translated(error["type"], place, error)]


def place_of(loc: tuple[int | str, ...]) -> str:
    """Return where a value is wrong: a parameter's name, a path inside the body, or `body` as a whole."""
    where, *path = loc
    return ".".join(str(part) for part in path) or str(where)


def _placed(one: Refusal, loc: tuple[int | str, ...]) -> Refusal:
    """Return a refusal whose path begins at the request's body or parameter instead of at a document's root."""
    field = one.field or ""
    if field == "$":
        place = place_of(loc)
        label = FIELD_NAMES_ZH.get(place)
        shown = place if label is None else f"{label}({place})"
        return Refusal(one.code, one.message.replace("$：", f"{shown}：", 1), place, one.rule)
    place = field.removeprefix("$.")
    return Refusal(one.code, one.message.replace(field, place, 1), place, one.rule)


def _translated(kind: str, field: str, error: Mapping[str, Any]) -> Refusal:
    """Return pydantic's error `kind` in the contract's words; what it has no word for is `wrong-format`."""
    context: Mapping[str, Any] = error.get("ctx") or {}
    code, values = _meaning(kind, context)
    if kind == "string_pattern_mismatch" and _CONTROL.search(str(error.get("input", ""))):
        code, values = "control-character", {}
    if code is None:
        return violation("wrong-format", field, rule=str(error.get("msg", "")), pattern="")
    return violation(code, field, **values)


def _meaning(kind: str, context: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """Return the contract's code for pydantic's error `kind`, with the values of its sentence."""
    if kind in _BOUNDS:
        name, zh, en = _BOUNDS[kind]
        return "out-of-range", {"zh": f"{zh}{context[name]}", "en": f"{en} {context[name]}"}
    if kind in _CODES:
        code, read = _CODES[kind]
        return code, read(context)
    family = kind.partition("_")[0]
    if family in _KINDS:
        return "wrong-type", _KINDS[family]
    return _FAMILIES.get(family), {}
