"""The county's feed in the sandbox: answers in order, in pages or as server-sent events, resumable at any place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import CloudEvent, to_structured
from duban_contracts.conformance.sandbox.answers import Reply

_PLACE: Final = re.compile(r"place-([0-9]{1,9})")
MOST: Final = 200


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

    def tell(self, receipt_id: str, status: str, event: CloudEvent) -> None:
        """Add one answer."""
        document = msgspec.json.encode(to_structured(event))
        self._told.append(Told(len(self._told) + 1, receipt_id, status, document))

    def after(self, place: int) -> Sequence[Told]:
        """Return what follows `place`, at most MOST of it."""
        return self._told[place : place + MOST]


def place_of(text: str | None) -> int | None:
    """Return the place that a reader hands back: 0 for none, None for what is no place."""
    if not text:
        return 0
    match = _PLACE.fullmatch(text)
    return int(match[1]) if match else None


def page(told: Sequence[Told], place: int) -> Reply:
    """Return one page: its `next` goes into `after` for what follows, now or later."""
    items: list[dict[str, Any]] = [{"cursor": f"place-{one.place}", "event": msgspec.Raw(one.document)} for one in told]
    return Reply(200, {"items": items, "next": f"place-{told[-1].place if told else place}"})
