"""Foreign text, made fit to be shown."""

from __future__ import annotations

from typing import Final

from duban_contracts.admissible.texts import made_fit

_LONGEST: Final = 200


def legible(text: str) -> str:
    """Return foreign text fit for a log line or an answer: at most 200 characters, none that a line may not hold."""
    return made_fit(text[:_LONGEST])
