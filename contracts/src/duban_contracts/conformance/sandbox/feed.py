"""The county's feed in the sandbox: answers in order, in pages or as server-sent events, resumable at any place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import CloudEvent, to_structured
from duban_contracts.conformance.sandbox.answers import Reply

_PLACE: Final = re.compile(r"place-([0-9]{1,9})")
MOST: Final = 200
SILENCE: Final = b": \n\n"
"""A comment, so that the reader can tell a quiet stream from a dead one."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer at its place: the receipt that it settles, how, and the event as JSON."""

    place: int
    receipt_id: str
    status: str
    document: bytes

    def message(self) -> bytes:
        """Return the answer as a server-sent event; its id is the place to go on from."""
        return b"id: place-%d\ndata: %s\n\n" % (self.place, self.document)


class Feed:
    """Answers, numbered from 1 without a gap."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self.since: datetime | None = None

    def tell(self, receipt_id: str, status: str, event: CloudEvent) -> None:
        """Add one answer."""
        self.since = self.since or datetime.now(UTC)
        document = msgspec.json.encode(to_structured(event))
        self._told.append(Told(len(self._told) + 1, receipt_id, status, document))

    def after(self, place: int, most: int = MOST) -> Sequence[Told]:
        """Return what follows `place`, at most `most` of it."""
        return self._told[place : place + most]

    def holds(self, place: int) -> bool:
        """Say whether all that followed `place` is here; a place beyond the end was given by another run."""
        return place <= len(self._told)


def place_of(text: str | None) -> int | None:
    """Return the place that a reader hands back: 0 for none, None for what is no place."""
    if not text:
        return 0
    match = _PLACE.fullmatch(text)
    return int(match[1]) if match else None


def page(told: Sequence[Told], place: int, since: datetime | None) -> Reply:
    """Return one page: its `next` goes into `after` for what follows, now or later."""
    items: list[dict[str, Any]] = [{"cursor": f"place-{one.place}", "event": msgspec.Raw(one.document)} for one in told]
    return Reply(200, {"items": items, "next": f"place-{told[-1].place if told else place}", "since": since})


def greeting(place: int) -> bytes:
    """Return the first lines of a stream: after how many milliseconds to come again, and from where."""
    return b"retry: 2000\nid: place-%d\n\n" % place
