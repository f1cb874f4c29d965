"""Which township (乡镇、街道) a county means by what it writes: a code, a name or an alias of the city's profile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from duban_contracts.profile import City, Level, Region
from duban_contracts.vocabulary import normalise

# GB/T 10114: a township's nine digits begin with the six of its county.
_CODE: Final = re.compile(r"[0-9]{9}\Z")


class Townships:
    """The townships of a city, by county and by what people write for them."""

    def __init__(self, city: City) -> None:
        listed = [region for region in city.regions if region.level is Level.TOWNSHIP]
        self._codes = {(region.parent, text): region.code for region in listed for text in _texts(region)}
        # A profile need not list townships; where it lists a county's, those are all there are.
        self._listed = {region.parent for region in listed}

    def code(self, county: str, text: str | None) -> str | None:
        """Return the code of the township that `text` names in `county`, or None: nothing is guessed."""
        if text is None:
            return None
        known = self._codes.get((county, normalise(text)))
        if known is not None or county in self._listed:
            return known
        return text if _CODE.match(text) and text.startswith(county) else None


def _texts(region: Region) -> Iterable[str]:
    return {normalise(text) for text in (region.code, region.name, *region.aliases)}
