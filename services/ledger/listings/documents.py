"""What HTTP says of listings."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.ledger.listings.model import KeptListing
from services.ledger.listings.tables import Position


class ListingDocument(KeptListing, Document, frozen=True, kw_only=True):
    """One 挂牌督办, with its document, its own deadline, what became of it, and how its hazard stands."""

    proposed_step: Annotated[str | None, Meta(description="督办逾期后建议采取的下一步（letter_kinds），由有权人员决定")]

    @classmethod
    def of(cls, listing: KeptListing) -> Self:
        """Return a listing as HTTP shows it."""
        return cls(**{name: getattr(listing, name) for name in cls.__struct_fields__})


class ByDeadline(Cursor, frozen=True, tag="listings"):
    """Where a page of listings ends. A listing's deadline never changes."""

    deadline_on: date
    hazard_id: str
    listing: int

    @classmethod
    def of(cls, listing: KeptListing) -> Self:
        """Return the cursor behind a listing."""
        return cls(deadline_on=listing.deadline_on, hazard_id=listing.hazard_id, listing=listing.listing)

    @property
    def position(self) -> Position:
        """The position as the table takes it."""
        return self.deadline_on, self.hazard_id, self.listing
