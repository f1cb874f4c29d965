"""When two reports look alike: by whom and where they were found, and how many pairs of characters their words share.

Pure. A likeness is a hint to people and decides nothing.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Final

import msgspec

from services.ledger.hazards.model import Hazard

# From how alike on people are told. Another fault at the same place of the same enterprise stays below, the same one in
# other words lies above.
ENOUGH: Final = 0.55
# Two names of enterprises that share so many of their pairs may be one, where their codes don't say otherwise.
_ONE_FIRM: Final = 0.5
# How much the words about the fault weigh beside those about the place.
_FAULT: Final = 0.6
# As many look-alikes of one hazard are worth a look.
MOST: Final = 5


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """A hazard that may be the same as another, and how alike the two are: from 0, nothing in common, to 1, the same."""

    hazard: Hazard
    likeness: float


def keys_of(hazard: Hazard) -> tuple[str, ...]:
    """Return the keys under which reports of the same fault meet: those within the county, and the enterprise's code anywhere."""
    uscc = hazard.enterprise.uscc
    within = keys_within_county(hazard)
    return (f"uscc/{hazard.sector}/{uscc}", *within) if uscc else within


def keys_within_county(hazard: Hazard) -> tuple[str, ...]:
    """Return the keys under which reports of the same fault meet within a county: the enterprise's code, its name, the place.

    Each within a sector: what is another sector's or county's matter looks like nothing here, and would only crowd the
    newest out.
    """
    written = {
        "uscc": hazard.enterprise.uscc,
        "name": bare(hazard.enterprise.name),
        "place": bare(hazard.place),
    }
    return tuple(f"{what}/{hazard.sector}/{hazard.county}/{text}" for what, text in written.items() if text)


def look_alikes(hazard: Hazard, others: Iterable[Hazard]) -> list[Likeness]:
    """Return the most alike of `others`, most alike first: of the same sector, of what may be the same enterprise."""
    found = [
        Likeness(hazard=other, likeness=likeness(hazard, other))
        for other in others
        if other.hazard_id != hazard.hazard_id and other.sector == hazard.sector and one_firm(hazard, other)
    ]
    found.sort(key=lambda each: (-each.likeness, each.hazard.hazard_id))
    return [each for each in found if each.likeness >= ENOUGH][:MOST]


def likeness(one: Hazard, other: Hazard) -> float:
    """Return how alike two reports are, from 0 to 1, to the hundredth."""
    fault = common(one.description, other.description)
    place = common(one.place, other.place)
    return round(_FAULT * fault + (1 - _FAULT) * place, 2)


def one_firm(one: Hazard, other: Hazard) -> bool:
    """Return whether two reports may be about one enterprise: its code decides, where both know it, or else its name."""
    codes = one.enterprise.uscc, other.enterprise.uscc
    return codes[0] == codes[1] if all(codes) else common(one.enterprise.name, other.enterprise.name) >= _ONE_FIRM


def common(one: str, other: str) -> float:
    """Return the share of pairs of neighbouring characters that two texts have in common (Dice), from 0 to 1."""
    ours, theirs = _pairs(one), _pairs(other)
    total = len(ours) + len(theirs)
    return 2 * len(ours & theirs) / total if total else 0.0


def bare(text: str) -> str:
    """Return the letters and digits of a text, in one width and case: what is left when two people write it down."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


# Every report is compared with a hundred others at most, of few firms at a time. A description's pairs hold 17 KB: 4,096 of
# them would be half of the ledger's memory.
@lru_cache(maxsize=512)
def _pairs(text: str) -> frozenset[str]:
    """Return the pairs of a text, each with which of its like it is: what occurs twice counts twice."""
    plain = bare(text)
    # A text of one character has no pair, and is one by itself.
    counts = Counter(map("".join, pairwise(plain)) if len(plain) > 1 else plain)
    again = (f"{pair}{nth}" for pair, count in counts.items() if count > 1 for nth in range(1, count))
    return frozenset((*counts, *again))
