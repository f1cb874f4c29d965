"""The books of what stands for itself (登记): which there are, and what one batch of claims does to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from duban_contracts.admissible.texts import folded
from duban_contracts.events.entering import EnteredClaim
from services.chassis.storage.database import Connection
from services.ledger.entering.model import Entered, Entry, enter
from services.ledger.entering.tables import Book, Reference

# A consumer for each would read every county's topic once more, and remember every id once more: all are taken with the claims.
BOOKS: Final[tuple[Book[Any], ...]] = ()
_BY_CLAIM: Final[Mapping[type[EnteredClaim], Book[Any]]] = {book.claim: book for book in BOOKS}


class Pages:
    """What stands under the references of one batch, and what the batch makes of it, in memory; `save` stores that."""

    def __init__(self, known: Mapping[type[EnteredClaim], Mapping[Reference, Entry[Any]]] | None = None) -> None:
        self._known = {claim: dict(entries) for claim, entries in (known or {}).items()}
        self._changed: dict[type[EnteredClaim], dict[Reference, Entry[Any]]] = {}

    @classmethod
    async def under(cls, connection: Connection, claims: Iterable[object]) -> Pages:
        """Return the pages that these claims touch; their references are held already."""
        wanted: dict[type[EnteredClaim], set[Reference]] = {}
        for claim in claims:
            if isinstance(claim, EnteredClaim):
                wanted.setdefault(type(claim), set()).add(_place(claim))
        return cls({claim: await _BY_CLAIM[claim].under(connection, places) for claim, places in wanted.items()})

    def enter(self, claim: EnteredClaim, taken_at: datetime, origin: str = "") -> Entered[Any]:
        """Enter one claim that the broker took at `taken_at` (domain time) as the record `origin`."""
        known, place = self._known.setdefault(type(claim), {}), _place(claim)
        entered = enter(known.get(place), Entry(claim, taken_at, origin))
        if entered.entry is not known.get(place):
            known[place] = self._changed.setdefault(type(claim), {})[place] = entered.entry
        return entered

    async def save(self, connection: Connection) -> None:
        """Store what changed, in the transaction that holds the references."""
        for claim, entries in self._changed.items():
            await _BY_CLAIM[claim].save(connection, [entries[place] for place in sorted(entries)])


def _place(claim: EnteredClaim) -> Reference:
    return claim.county, folded(claim.reference)
