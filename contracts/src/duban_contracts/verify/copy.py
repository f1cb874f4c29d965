"""A county's own copy: what its feedback topic or feed told it, as the leaves that the ledger's tree must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.conformance import records
from duban_contracts.conformance.records import Unreadable
from duban_contracts.not_json import NOT_JSON
from duban_contracts.times import format_time
from duban_contracts.verify.findings import Finding, NotVerified
from duban_contracts.verify.tree import leaf_hash

_FORM: Final = "duban-record-1"
_CHECKPOINT: Final = "duban.ledger.checkpoint_signed.v1"
_LEDGER: Final = "/duban/ledger"
_OF_ACCIDENTS: Final = "duban.accident."


class _Page(msgspec.Struct):
    """A page of `GET /v1/feed`."""

    items: list[_Item]


class _Item(msgspec.Struct):
    event: msgspec.Raw


class _Facts(msgspec.Struct):
    version: int


class _OfAccident(msgspec.Struct):
    """What the events of an accident say of which they are."""

    accident: _Facts


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
    """Return whether an event is the copy of a record of the ledger's history, of a hazard or of an accident."""
    # By who says it: a copy of this kit knows fewer types than the ledger records one day. What else the ledger tells a
    # county (answers to its claims, checkpoints) has no version.
    return event.source == _LEDGER and version_of(event) is not None


def version_of(event: CloudEvent) -> int | None:
    """Return which record of its hazard or accident an event is, or None where it is none.

    An accident's events have no version of the envelope: that of its facts is theirs.
    """
    if event.aggregateversion is not None or not event.type.startswith(_OF_ACCIDENTS):
        return event.aggregateversion
    try:
        return msgspec.json.decode(event.data, type=_OfAccident).accident.version
    except NOT_JSON:
        return None


def note_in(event: CloudEvent) -> str | None:
    """Return the checkpoint that an event announces, or None."""
    if event.type != _CHECKPOINT:
        return None
    said: dict[str, Any] = msgspec.json.decode(event.data)
    return str(said.get("note"))


def leaf_of(event: CloudEvent) -> bytes:
    """Return the hash of the leaf that the ledger's tree must hold for this event.

    The leaf is the name of its form, hazard or accident, version, id, type, time, cause and payload, each preceded by its length in
    bytes as 8 octets, big-endian.
    """
    parts = (
        _FORM.encode(),
        (event.subject or "").encode(),
        str(version_of(event)).encode(),
        event.id.encode(),
        event.type.encode(),
        (format_time(event.time) if event.time else "").encode(),
        (event.causationid or "").encode(),
        event.data,
    )
    return leaf_hash(b"".join(len(part).to_bytes(8, "big") + part for part in parts))


@dataclass
class Records:
    """Records as they were told first, each with the file that told it."""

    _by_id: dict[str, tuple[str, CloudEvent]] = field(default_factory=dict)
    _by_place: dict[tuple[str | None, int | None], tuple[str, CloudEvent]] = field(default_factory=dict)

    def of_id(self, event_id: str) -> CloudEvent | None:
        """Return the record of an event as it was told first, or None."""
        told = self._by_id.get(event_id)
        return None if told is None else told[1]

    def take(self, name: str, event: CloudEvent) -> Iterator[Finding]:
        """Keep a record of file `name` and yield what contradicts it: whichever came first, history was rewritten."""
        same, place = self._by_id.get(event.id), (event.subject, version_of(event))
        if same is not None and leaf_of(same[1]) != leaf_of(event):
            zh = f"{name}：事件 {event.id} 与 {same[0]} 中的内容不同——同一事件两种内容，历史已被改写"
            en = f"{name}: event {event.id} says something else than in {same[0]}: history was rewritten"
            yield Finding(holds=False, zh=zh, en=en)
        there = self._by_place.get(place)
        if there is not None and there[1].id != event.id:
            what = f"{event.subject} v{version_of(event)}"
            zh = f"{name}：{what} 与 {there[0]} 中的不是同一事件——历史已被改写"
            yield Finding(
                holds=False, zh=zh, en=f"{name}: {what} is another event than in {there[0]}: history was rewritten"
            )
        self._by_id.setdefault(event.id, (name, event))
        self._by_place.setdefault(place, (name, event))
