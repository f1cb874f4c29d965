"""How often a generated test tries, where it says so itself."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100


def tries(number: int) -> int:
    """Return `number`, or its share where the run's profile tries less than usual: a tenth in `make unit`."""
    usual = settings().max_examples
    return max(1, number * usual // _USUAL)
