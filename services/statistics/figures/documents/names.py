"""The Chinese names that stand beside codes."""

from __future__ import annotations

from typing import Final

from duban_contracts.profile import City
from duban_contracts.vocabulary import CHANNELS, GRADES, SECTORS
from services.statistics.books.model.cell import UNDETERMINED

_UNDETERMINED_NAME: Final = "未定级"
_VOCABULARIES: Final = {"sector": SECTORS, "grade": GRADES, "channel": CHANNELS}


class Names:
    """Names of counties from the city's profile, of everything else from the published vocabularies."""

    def __init__(self, city: City) -> None:
        self._city = city

    def of(self, dimension: str, code: str) -> str | None:
        """Return the name of a code, or None when the code is not published."""
        if dimension == "county":
            region = self._city.region(code)
            return region.name if region else None
        if dimension == "grade" and code == UNDETERMINED:
            return _UNDETERMINED_NAME
        term = _VOCABULARIES[dimension].get(code)
        return term.name if term else None
