"""Cutting what JSON's readers turn away as a whole, so that each event in it is judged by itself.

The slow road: only for documents that are wrong. What is cut need be neither text nor JSON to the letter: bytes that are no
UTF-8, halves of characters and control characters in a text stay where they are, for whoever reads the part to name them.
"""

from __future__ import annotations

import json
import re
from typing import Final

# Numbers stay text: Python refuses to read very long ones.
_READER: Final = json.JSONDecoder(parse_int=str, parse_float=str, strict=False)
_blanks: Final = re.compile("[ \\t\\n\\r]*").match


def elements(document: bytes) -> list[bytes] | None:
    """Return the elements of a JSON array as they are written; None where it is none, or one can't be told from the next."""
    text = document.decode(errors="surrogateescape")
    at = _behind_blanks(text, 0)
    if text[at : at + 1] != "[":
        return None
    found: list[bytes] = []
    try:
        while not found or text[at : at + 1] == ",":
            begin = _behind_blanks(text, at + 1)
            _, end = _READER.raw_decode(text, begin)
            found.append(text[begin:end].encode(errors="surrogateescape"))
            at = _behind_blanks(text, end)
    except (ValueError, RecursionError):
        return None
    return found if text[at:].rstrip(" \t\n\r") == "]" else None


def is_whole(document: bytes) -> bool:
    """Tell whether this is one JSON document, as far as can be told from its outside."""
    try:
        _READER.decode(document.decode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return False
    return True


def _behind_blanks(text: str, at: int) -> int:
    found = _blanks(text, at)
    return at if found is None else found.end()
