"""Why a letter is written, about what, and for whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from duban_contracts.events.types import Subject
from duban_contracts.profile import City

# A constant for life: letter ids, and through them e-mail Message-IDs and webhook ids, follow from it.
_NAMESPACE: Final = UUID("0b7a4a6e-52f1-5d0e-8c55-6475626c7472")


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """One cause makes one letter, under whatever event ids it is told.

    `occasion` tells causes of one kind about one subject apart: which deadline, how many days before it.
    """

    about_kind: str
    about_id: str
    kind: str
    occasion: str

    def letter_id(self) -> UUID:
        """Return the letter's id, which follows from the cause alone."""
        return uuid5(_NAMESPACE, f"{self.about_kind}\n{self.about_id}\n{self.kind}\n{self.occasion}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a letter is about and whom it concerns.

    `county` and `unit` (None: not known) say whom it goes to; with township, sector and enterprise they decide who may
    read it. `of_city` says that it goes to the city's own office of that unit, and not to the county's. `due_on` is the last
    day of what it asks for, if it has one.
    """

    about: Subject
    county: str
    of_city: bool = False
    township: str | None = None
    sector: str | None = None
    unit: str | None = None
    enterprise: str | None = None
    due_on: date | None = None

    def within(self, city: City) -> Matter:
        """Return the matter with the division whose office it goes to."""
        return replace(self, county=city.code) if self.of_city else self
