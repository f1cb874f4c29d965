"""Media types: compared without case and parameters; of the parameters only `charset` is looked at."""

from __future__ import annotations

from typing import Final, NamedTuple

_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii"})


class MediaType(NamedTuple):
    """A media type as it is compared (`application/json`), and its charset if it names one; both in small letters."""

    essence: str
    charset: str | None

    @property
    def is_utf8(self) -> bool:
        """Whether its text is UTF-8: what JSON is where nothing else is said."""
        return self.charset is None or self.charset in _UTF8


def media_type_of(text: str) -> MediaType:
    """Return the media type that `text` names, as in RFC 9110, 8.3."""
    essence, *parameters = text.lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return MediaType(essence.strip(), value.strip().strip('"'))
    return MediaType(essence.strip(), None)
