r"""Halves of a character (lone surrogates): `\ud83d` without its other half fits JSON's grammar and is no text.

Who cuts texts at a length sends them. Readers of JSON turn the whole document away; here it is told where one stands.
"""

from __future__ import annotations

import json
import re
from typing import Final

from duban_contracts.admissible.leaves import leaves

# Every escape is taken whole and in turn, so that the second half of a pair and an escaped backslash are told apart.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
# As many bytes, no character either, and refused wherever a half is (`texts`).
_NONCHARACTER: Final = b"\\uffff"
_HALF: Final = re.compile("[\ud800-\udfff]")
_READER: Final = json.JSONDecoder(parse_int=str, parse_float=str)


def mended(data: bytes) -> bytes | None:
    """Return JSON text with the noncharacter U+FFFF for each escape of half a character; None where it has no such escape.

    So it can be read, and be judged as any text with a character that may not be there.
    """
    found = _ESCAPE.sub(lambda escape: _NONCHARACTER if escape[1] else escape[0], data)
    return None if found == data else found


def place_of_half(text: str) -> str | None:
    """Return the JSON path of the first half of a character in JSON text, or None where there is none, or no JSON."""
    try:
        document = _READER.decode(text)
    except (ValueError, RecursionError):
        return None
    halves = (path for path, leaf in leaves(document) if isinstance(leaf, str) and _HALF.search(leaf))
    return next(halves, None)
