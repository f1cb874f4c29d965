"""Foreign text, made fit to be shown."""

from __future__ import annotations

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST: Final = 200


def legible(text: str) -> str:
    """Return foreign text fit for a log line or an answer: at most 200 characters, no control characters."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[:_LONGEST])
