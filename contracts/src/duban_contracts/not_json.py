"""What msgspec raises for bytes that are no JSON: named once, so that no door forgets one of them."""

from __future__ import annotations

from typing import Final

import msgspec

# Malformed text; text that is not UTF-8 inside a string; text that is nested deeper than the decoder goes.
# msgspec.ValidationError is a DecodeError: catch it first where a broken model is told apart from broken JSON.
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def reason(error: BaseException) -> str:
    """Return why bytes were no JSON, in English and without a byte of them."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
