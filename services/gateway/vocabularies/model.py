"""What is published: the contract's vocabularies, the city's divisions, and the codes of refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from duban_contracts.codes import CODES, Group, Meaning
from duban_contracts.profile import City, Region
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


def published(city: City) -> Iterator[Published]:
    """Yield every list, divisions first; refusals are those that a county's system can meet."""
    yield Published(REGIONS, "行政区划", city.regions)
    for name, vocabulary in VOCABULARIES.items():
        yield Published(name, vocabulary.title, tuple(vocabulary))
    met = (meaning for meaning in CODES.values() if meaning.county or meaning.group in _MET)
    yield Published(REFUSALS, "不予受理代码", tuple(met))
