"""Instants as text: RFC 3339 with an offset, within the years that UTC can write."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

# ISO 8601 has many forms more (week dates, no colons, hours alone); other readers of the event may not know them.
_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class BadInstant(ValueError):
    """A text is no instant that can be kept: `zh` and `en` say what was expected."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def instant_of(text: str) -> datetime:
    """Return the instant (UTC) of an RFC 3339 text; raises BadInstant.

    An empty date of some language (`0001-01-01T00:00:00+08:00`) is before the first year that UTC has.
    """
    if _RFC3339.fullmatch(text) is None:
        raise BadInstant(
            "须为带时区的 RFC 3339 时间，形如 2026-11-21T08:30:00+08:00",
            "must be an RFC 3339 timestamp with a UTC offset",
        )
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise BadInstant("换算为 UTC 后超出公元 1 年至 9999 年", "must lie within the years 1 to 9999 of UTC") from None
    except ValueError:
        raise BadInstant("不是存在的日期或时间", "must be a date and time that exist") from None
