"""How a text is found in a text: by the pairs of neighbouring characters that both have. Pure.

A search is answered by PostgreSQL's ILIKE on the words themselves; pairs only say where to look, so they may say too much and
never too little. Whatever ILIKE takes for the same, whatever the database's locale, must therefore fold alike: case as Unicode
folds it, and the dotted and dotless i as one letter. Three neighbouring letters, digits or hyphens of ASCII stand together,
since there are too few pairs of digits to tell numbers apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Final

# What a field ends with: so its last character begins a pair, too, and one character is found as the beginning of a pair.
_END: Final = "\n"
_COMBINING_DOT: Final = "\u0307"
_TOGETHER: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_THREE: Final = 3
# More of them find hardly less.
_ENOUGH: Final = 32
# Stands before what is no pair: the codes by which a search is narrowed.
_CODE: Final = "\u0001"
BETWEEN: Final = "\u0002"
"""Stands in no pair, so that pairs can travel as one text."""
_RESERVED: Final = frozenset({_CODE, BETWEEN})


def pairs(texts: Iterable[str]) -> set[str]:
    """Return the pairs of these texts, and their threes."""
    found: set[str] = set()
    for text in texts:
        folded = _folded(text) + _END
        found.update(map("".join, pairwise(folded)))
        found.update(_threes(folded))
    return {each for each in found if each != _END and _RESERVED.isdisjoint(each)}


def code(name: str) -> str:
    """Return a code (a county, a sector) as it stands among the pairs of a hazard."""
    return f"{_CODE}{name}"


def query(text: str, *narrowed: Collection[str] | None) -> str | None:
    """Return the tsquery of all whose pairs could be those of a text that holds `text`, with one code of each of `narrowed`.

    None where it can't be told by pairs: of a text that folds to nothing.
    """
    folded = _folded(text)
    found = [f"{_quoted(folded)}:*"] if len(folded) == 1 else [_quoted(each) for each in _telling(folded)]
    wanted = [each for each in found if _RESERVED.isdisjoint(each)]
    if not folded or not wanted:
        return None
    wanted += [f"({' | '.join(_quoted(code(name)) for name in sorted(names))})" for names in narrowed if names]
    return " & ".join(wanted)


def _telling(folded: str) -> list[str]:
    """Return the threes of a text, and those of its pairs that no three holds: as many as are enough, from all over it."""
    threes = _threes(folded)
    held = {pair for three in threes for pair in map("".join, pairwise(three))}
    found = list(dict.fromkeys([*threes, *(pair for pair in map("".join, pairwise(folded)) if pair not in held)]))
    return found[:: max(1, -(-len(found) // _ENOUGH))]


def _threes(folded: str) -> list[str]:
    windows = (folded[at : at + _THREE] for at in range(len(folded) - _THREE + 1))
    return [window for window in windows if _TOGETHER.issuperset(window)]


def _folded(text: str) -> str:
    return text.casefold().replace(_COMBINING_DOT, "").replace("ı", "i")


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
