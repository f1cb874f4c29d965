"""Chinese names for the codes that metrics carry: counties from the city profile, grades from the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from duban_contracts.profile import load_city
from duban_contracts.vocabulary import GRADES


@dataclass(frozen=True, slots=True)
class Names:
    """Code to Chinese name; `city` is the city's own name."""

    city: str
    counties: dict[str, str]
    grades: dict[str, str]

    @classmethod
    def of(cls, profile: Path) -> Self:
        """Read the names that a profile directory gives. Raises `ProfileError`."""
        city = load_city(profile)
        return cls(
            city=city.name,
            counties={county.code: county.name for county in city.counties},
            grades={term.code: term.name for term in GRADES},
        )

    @property
    def all(self) -> dict[str, str]:
        """Every code that can stand in a legend."""
        return self.counties | self.grades
