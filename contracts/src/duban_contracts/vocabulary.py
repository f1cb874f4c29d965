"""The published vocabularies: sectors, units, discovery channels, grades, states, roles, kinds of letter and so on.

Each is a JSON file in `vocabularies/`, with a code, a Chinese name and the aliases found in documents: the file makes the
vocabulary, and its name is the one under which fields of events point at it. Unit names vary by city and even within one
table, so text is matched by alias and the unknown stays unknown: nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import msgspec

_QUOTES_AND_SPACE: Final = re.compile(r"[\s\"'“”‘’「」『』《》·]+")
_LEVELS: Final = frozenset("省市县区旗州盟")
_LONGEST_AREA: Final = 20


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a vocabulary: its stable code, its Chinese name, other ways to write it."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    source: str
    terms: tuple[Term, ...]
    area_in_front: bool = False


# What people write for a township or a unit comes again and again.
@lru_cache(maxsize=1024)
def normalise(text: str) -> str:
    """Return `text` as names are compared: width, case, spaces and quotation marks don't count."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _QUOTES_AND_SPACE.sub("", plain)


class Vocabulary:
    """A closed list of terms, read by code or by anything people write for it.

    Raises ValueError when two terms claim one code or one alias: a match must never depend on order.
    """

    def __init__(self, title: str, terms: Iterable[Term], *, area_in_front: bool = False) -> None:
        self.title = title
        self._area_in_front = area_in_front
        self._terms: dict[str, Term] = {}
        self._codes: dict[str, str] = {}
        for term in terms:
            if term.code in self._terms:
                raise ValueError(f"{title}: code {term.code} appears twice")
            self._terms[term.code] = term
            for text in (term.code, term.name, *term.aliases):
                owner = self._codes.setdefault(normalise(text), term.code)
                if owner != term.code:
                    raise ValueError(f"{title}: {text} names both {owner} and {term.code}")

    def get(self, code: str) -> Term | None:
        """Return the term of `code`, or None."""
        return self._terms.get(code)

    def name(self, code: str) -> str:
        """Return the Chinese name of `code`; raises KeyError for a code that is not published."""
        return self._terms[code].name

    def match(self, text: str) -> str | None:
        """Return the code that `text` (a code, a name or an alias) stands for, or None when it is unknown."""
        wanted = normalise(text)
        code = self._codes.get(wanted)
        if code is not None or not self._area_in_front:
            return code
        return next((self._codes[name] for name in _own_names(wanted) if name in self._codes), None)

    def __contains__(self, code: object) -> bool:
        return code in self._terms

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms.values())

    def __len__(self) -> int:
        return len(self._terms)

    def __repr__(self) -> str:
        return f"Vocabulary({self.title}, {len(self)} terms)"


def _own_names(text: str) -> Iterator[str]:
    """Yield what may be a unit's own name after the division in front of it (晋城市应急管理局).

    The level's sign stays on at first, since 山西省安委办 is another unit than 晋城市安委办.
    """
    for position, character in enumerate(text[:_LONGEST_AREA]):
        if character in _LEVELS:
            yield text[position:]
            yield text[position + 1 :]


def _load() -> Iterator[tuple[str, Vocabulary]]:
    """Yield every vocabulary that has a file, by name."""
    directory = files(__package__).joinpath("vocabularies")
    for path in sorted(directory.iterdir(), key=lambda path: path.name):
        name, dot, ending = path.name.partition(".")
        if dot + ending == ".json":
            file = msgspec.json.decode(path.read_bytes(), type=_File)
            yield name, Vocabulary(file.title, file.terms, area_in_front=file.area_in_front)


# By the name under which a type of the contract points at it (`x-vocabulary` in JSON Schema).
VOCABULARIES: Final[Mapping[str, Vocabulary]] = MappingProxyType(dict(_load()))

# Those that code asks by name.
SECTORS: Final = VOCABULARIES["sectors"]
UNITS: Final = VOCABULARIES["units"]
CHANNELS: Final = VOCABULARIES["channels"]
GRADES: Final = VOCABULARIES["grades"]
STATES: Final = VOCABULARIES["states"]
ROLES: Final = VOCABULARIES["roles"]
DELIVERY_CHANNELS: Final = VOCABULARIES["delivery_channels"]
SUBJECT_KINDS: Final = VOCABULARIES["subject_kinds"]
LISTING_LEVELS: Final = VOCABULARIES["listing_levels"]
ACCOUNTABILITY_RESULTS: Final = VOCABULARIES["accountability_results"]
