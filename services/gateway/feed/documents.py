"""What a county reads of its feed: pages of JSON, and lines of server-sent events."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import msgspec

from services.chassis.web.documents import Document
from services.chassis.web.paging import Cursor
from services.gateway.feed.model import Kept, Stretch


class ByPlace(Cursor, frozen=True, kw_only=True, tag="feed"):
    """A place in a county's feed; `county` keeps one county's place from being taken for another's."""

    county: str
    position: int


def place(county: str, position: int) -> str:
    """Return a place as the county hands it back: as `after`, or as `Last-Event-ID`."""
    return ByPlace(county=county, position=position).encode()


class FeedItem(Document, frozen=True, kw_only=True):
    """One event, as CloudEvents 1.0 JSON; with `cursor` as `after` the feed goes on behind it."""

    cursor: str
    event: msgspec.Raw

    @classmethod
    def of(cls, kept: Kept) -> Self:
        """Return one event at its place."""
        return cls(cursor=place(kept.county, kept.position), event=msgspec.Raw(kept.event))


class FeedPage(Document, frozen=True, kw_only=True):
    """Events in order. `next` is always there: it goes into `after` for what follows, now or later.

    Everything that the county was told from `since` on is in the feed; what stood before is not, and the list of hazards
    shows it. Null while nothing has been told.
    """

    items: list[FeedItem]
    next: str
    since: datetime | None

    @classmethod
    def of(cls, county: str, stretch: Stretch) -> Self:
        """Return one page of a county's feed."""
        return cls(items=list(map(FeedItem.of, stretch.events)), next=place(county, stretch.upto), since=stretch.since)


def message(kept: Kept) -> bytes:
    """Return one event as a server-sent event (HTML Living Standard §9.2); its id is the place to go on from."""
    return b"id: %s\ndata: %s\n\n" % (place(kept.county, kept.position).encode(), kept.event)


def greeting(county: str, position: int) -> bytes:
    """Return the first lines of a stream: after how many milliseconds to come again, and from where."""
    return b"retry: 2000\nid: %s\n\n" % place(county, position).encode()


SILENCE = b": \n\n"
"""A comment, so that proxies and the reader can tell a quiet stream from a dead one."""
