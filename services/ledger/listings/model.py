"""One listing as the book keeps it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import msgspec

from duban_contracts.events.types import HazardState, ListingLevel

_INTERVIEW: Final = "interview"


class KeptListing(msgspec.Struct, frozen=True, kw_only=True):
    """挂牌督办 number `listing` of a hazard; instants are UTC, domain time, `deadline_on` is inclusive.

    `authority_county` is the county whose authority listed it, None where it was one of the city. `overdue_at` is when 督办
    逾期 was noted, `lifted_at` when the authority lifted it, and `conclusion` what it found. The rest says how the hazard
    stands now.
    """

    hazard_id: str
    number: str
    county: str
    sector: str
    state: HazardState
    responsible_unit: str | None
    listing: int
    level: ListingLevel
    authority: str
    authority_county: str | None
    document: str
    deadline_on: date
    listed_at: datetime
    overdue_at: datetime | None
    lifted_at: datetime | None
    conclusion: str | None

    @property
    def proposed_step(self) -> str | None:
        """The step of the ladder that is proposed while the listing is late, in codes of `letter_kinds`; nobody has to take it.

        约谈 follows slow mending (DOMAIN §5; S2 items 5 and 24): 函告 and 通报 come before a listing, 曝光 after it.
        """
        return _INTERVIEW if self.overdue_at is not None and self.lifted_at is None else None
