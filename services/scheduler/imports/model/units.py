"""Who is meant by the words of a document: units by alias, rosters by the city's own phrases, the unknown by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.vocabulary import UNITS, normalise

_TOGETHER: Final = re.compile(r"联合|会同")
# Not inside brackets: 各县(市、区) is one name.
_LISTED: Final = re.compile(r"[、,，;；](?![^()（）]*[)）])")
_CITY: Final = "市"
_NAMES: Final = frozenset(normalise(text) for term in UNITS for text in (term.name, *term.aliases))


class Phrase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a city decides that words of its documents mean: units (the first one leads), or every member of a roster."""

    words: Annotated[tuple[str, ...], Meta(min_length=1)]
    units: tuple[str, ...] = ()
    roster: str | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """Who is meant: units in their order, or a roster; and the words that nobody is known by."""

    units: tuple[str, ...] = ()
    roster: str | None = None
    unknown: tuple[str, ...] = ()


class Phrasebook:
    """Matches the words of documents by the published vocabulary of units and by a city's phrases.

    Raises ValueError when two phrases claim one wording.
    """

    def __init__(self, phrases: Iterable[Phrase] = ()) -> None:
        self._phrases: dict[str, Phrase] = {}
        for phrase in phrases:
            for words in phrase.words:
                if self._phrases.setdefault(normalise(words), phrase) is not phrase:
                    raise ValueError(f"{words} stands in two phrases")

    def read(self, words: str) -> Who:
        """Return who is meant by `words`: a whole phrase first, then the parts of a list."""
        whole = self._one(words)
        if whole is not None:
            return whole
        for separator in (_TOGETHER, _LISTED):
            parts = [part for part in separator.split(words) if part.strip()]
            if len(parts) > 1:
                return _joined(words, [self.read(part) for part in parts])
        return Who(unknown=(words,))

    def _one(self, words: str) -> Who | None:
        phrase = self._phrases.get(normalise(words))
        if phrase is not None:
            return Who(phrase.units, phrase.roster)
        # A list is taken apart, unless the list itself is a unit's name (市委、市政府督查室): the vocabulary lets a division
        # stand in front of a name, and would take 市水务局、市教育局 for the last of them.
        if normalise(words) not in _NAMES and (_TOGETHER.search(words) or _LISTED.search(words)):
            return None
        # Inside a list the 市 in front is dropped: 市公安局、应急管理局.
        code = UNITS.match(words) or UNITS.match(f"{_CITY}{words}")
        return None if code is None else Who((code,))


def _joined(words: str, parts: Sequence[Who]) -> Who:
    units = tuple(dict.fromkeys(unit for part in parts for unit in part.units))
    rosters = list(dict.fromkeys(part.roster for part in parts if part.roster))
    unknown = tuple(part for who in parts for part in who.unknown)
    if rosters and (units or len(rosters) > 1):
        # Units and members of a roster at once: nobody can say whose one task it is.
        return Who(unknown=(words,))
    return Who(units, rosters[0] if rosters else None, unknown)
