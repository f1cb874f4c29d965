"""What `GET /v1/vocabularies` publishes: the contract's vocabularies, a city's divisions, the codes of refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from duban_contracts.codes import CODES, Group, Meaning
from duban_contracts.profile import Region
from duban_contracts.vocabulary import VOCABULARIES, Term

REGIONS: Final = "regions"
REFUSALS: Final = "refusals"
_MET: Final = frozenset({Group.EVENT, Group.GATEWAY, Group.HTTP, Group.ACCESS})


@dataclass(frozen=True, slots=True)
class Published:
    """One list of codes under the name by which it is asked for."""

    name: str
    title: str
    terms: tuple[Term | Region | Meaning, ...]


def published(regions: Iterable[Region]) -> Iterator[Published]:
    """Yield every list, divisions first; refusals are those that a county's system can meet."""
    yield Published(REGIONS, "行政区划", tuple(regions))
    for name, vocabulary in VOCABULARIES.items():
        yield Published(name, vocabulary.title, tuple(vocabulary))
    met = (meaning for meaning in CODES.values() if meaning.county or meaning.group in _MET)
    yield Published(REFUSALS, "不予受理代码", tuple(met))


def told(term: Term | Region | Meaning) -> dict[str, Any]:
    """Return the members of one code as it is published; None and () are left out there.

    `name` is its Chinese name; of a refusal it is the sentence for people, with places for what is filled in.
    """
    match term:
        case Meaning():
            named = {"name": term.zh, "status": term.status, "rule": term.en}
            return {"code": term.code, **named, "to_do": term.do_zh, "to_do_en": term.do_en}
        case Region():
            area = {"level": term.level, "parent": term.parent}
            return {"code": term.code, "name": term.name, "aliases": term.aliases, **area}
        case Term():
            return {"code": term.code, "name": term.name, "aliases": term.aliases}
