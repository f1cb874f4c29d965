"""Numbers that JSON can write and no reader can hold, such as 1e400: told at their place, and not as broken JSON."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import msgspec

from duban_contracts.admissible.leaves import leaves

_MOST_DIGITS: Final = 400


def plain_values(data: bytes) -> Any:
    """Return JSON as plain values, with infinity for a number beyond what a float holds; raises one of NOT_JSON."""
    try:
        return msgspec.json.decode(data)
    except msgspec.ValidationError:
        # Without a model nothing but a number can be out of order.
        text = data.decode()
    try:
        return _READER.decode(text)
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from None


def is_beyond(value: object) -> bool:
    """Tell whether this is a number beyond what a float holds."""
    return isinstance(value, int | float) and abs(value) > sys.float_info.max


def places_beyond(value: Any, path: str) -> list[str]:
    """Return where in plain values, which stand at `path`, a number is beyond what a float holds."""
    return [place for place, leaf in leaves(value, path) if is_beyond(leaf)]


def _whole(text: str) -> float:
    return int(text) if len(text) < _MOST_DIGITS else float(text)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


_READER: Final = json.JSONDecoder(parse_int=_whole, parse_constant=_no_number)
