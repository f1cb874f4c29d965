"""How a text is found in a text: by the pairs of neighbouring characters that both have. Pure.

A search is answered by PostgreSQL's ILIKE on the words themselves; pairs only say where to look, so they may say too much and
never too little. Whatever ILIKE takes for the same, whatever the database's locale, must therefore fold alike: case as Unicode
folds it, and the dotted and dotless i as one letter. Three neighbouring letters, digits or hyphens of ASCII stand together,
since there are too few pairs of digits to tell numbers apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from operator import add
from typing import Final

# What a field ends with: so its last character begins a pair, too, and one character is found as the beginning of a pair.
_END: Final = "\n"
_COMBINING_DOT: Final = "\u0307"
_THREE: Final = 3
_TOGETHER: Final = re.compile(rf"[a-z0-9-]{{{_THREE},}}")
# More of them find hardly less.
_ENOUGH: Final = 32
# Stands before what is no pair: the codes by which a search is narrowed.
_CODE: Final = "\u0001"
BETWEEN: Final = "\u0002"
"""Stands in no pair, so that pairs can travel as one text."""
_RESERVED: Final = frozenset({_CODE, BETWEEN})


def pairs(texts: Iterable[str]) -> set[str]:
    """Return the pairs of these texts, and their threes."""
    found, reserved = set[str](), False
    for text in texts:
        folded = _folded(text) + _END
        found.update(_twos(folded))
        found.update(_threes(folded))
        # Hardly any text holds them, and a look at each of its pairs cost more than making these.
        reserved = reserved or any(each in folded for each in _RESERVED)
    return {each for each in found if _RESERVED.isdisjoint(each)} if reserved else found


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
    held = {pair for three in threes for pair in _twos(three)}
    found = list(dict.fromkeys([*threes, *(pair for pair in _twos(folded) if pair not in held)]))
    return found[:: max(1, -(-len(found) // _ENOUGH))]


def _twos(folded: str) -> Iterable[str]:
    return map(add, folded, folded[1:])


def _threes(folded: str) -> list[str]:
    return [run[at : at + _THREE] for run in _TOGETHER.findall(folded) for at in range(len(run) - _THREE + 1)]


def _folded(text: str) -> str:
    return text.casefold().replace(_COMBINING_DOT, "").replace("ı", "i")


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
