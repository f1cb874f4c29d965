"""A county's own copy: what its feedback topic or feed told it, as the leaves that the ledger's tree must hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.conformance import records
from duban_contracts.conformance.records import Unreadable
from duban_contracts.not_json import NOT_JSON
from duban_contracts.times import format_time
from duban_contracts.verify.findings import NotVerified
from duban_contracts.verify.tree import leaf_hash

_FORM: Final = "duban-record-1"
_CHECKPOINT: Final = "duban.ledger.checkpoint_signed.v1"


class _Page(msgspec.Struct):
    """A page of `GET /v1/feed`."""

    items: list[_Item]


class _Item(msgspec.Struct):
    event: msgspec.Raw


def events_of(raw: bytes) -> list[CloudEvent]:
    """Return the events of a file: captured records, structured events, lines or pages of the feed.

    Raises NotVerified for a file that holds something else. The payloads stay as they came, byte for byte.
    """
    try:
        found = [captured.event for document in _pages(raw) for captured in records.read(document)]
    except Unreadable as error:
        raise NotVerified("不是检查点、证明或事件", f"is no checkpoint, proof or event: {error}") from None
    if broken := [event for event in found if not isinstance(event, CloudEvent)]:
        raise NotVerified("含有无法读取的事件", f"holds an event that can't be read: {broken[0]}")
    return [event for event in found if isinstance(event, CloudEvent)]


def _pages(raw: bytes) -> Iterator[bytes]:
    try:
        page = msgspec.json.decode(raw, type=_Page)
    except NOT_JSON:
        yield raw
    else:
        yield from (bytes(item.event) for item in page.items)


def is_record(event: CloudEvent) -> bool:
    """Return whether an event is the copy of a record of the ledger's history."""
    # By its name: a copy of this kit knows fewer types than the ledger records one day.
    return event.type.startswith("duban.hazard.") and event.aggregateversion is not None


def note_in(event: CloudEvent) -> str | None:
    """Return the checkpoint that an event announces, or None."""
    if event.type != _CHECKPOINT:
        return None
    said: dict[str, Any] = msgspec.json.decode(event.data)
    return str(said.get("note"))


def leaf_of(event: CloudEvent) -> bytes:
    """Return the hash of the leaf that the ledger's tree must hold for this event.

    The leaf is the name of its form, hazard, version, id, type, time, cause and payload, each preceded by its length in
    bytes as 8 octets, big-endian.
    """
    parts = (
        _FORM.encode(),
        (event.subject or "").encode(),
        str(event.aggregateversion).encode(),
        event.id.encode(),
        event.type.encode(),
        (format_time(event.time) if event.time else "").encode(),
        (event.causationid or "").encode(),
        event.data,
    )
    return leaf_hash(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
