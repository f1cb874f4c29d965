"""Whether a row is somebody's own: of the account's county, unit or enterprise. Pure: models and moves may ask, too.

What a caller may *see* is the scope's affair (`Scope.covers`); here rules ask who signs, answers or registers for whom. An
account that has no such code says None. What that means differs from rule to rule, so each says it by the name of what it asks:
a plain `==` lets whoever is of no unit act for a row that names none.
"""

from __future__ import annotations


def is_of(mine: str | None, *theirs: str | None) -> bool:
    """Return whether a code of an account is one of a row's. An account that has none is of nobody's, a row without, too."""
    return mine is not None and mine in theirs


def is_of_or_above(mine: str | None, *theirs: str | None) -> bool:
    """Return whether a code of an account is one of a row's, or the account has none and so stands above all of them."""
    return mine is None or mine in theirs


def is_same_place(mine: str | None, theirs: str | None) -> bool:
    """Return whether an account's county is a row's, where None is a place, too: the city as such."""
    return mine == theirs
