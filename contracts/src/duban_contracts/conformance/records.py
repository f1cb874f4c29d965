"""Read what a vendor has at hand: structured events, batches, JSON lines, or captured Kafka records.

A captured record is an object with `headers` and `value` (or `payload`, as `kcat -J` prints it); the headers are an
object, a list of pairs, or a flat list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from duban_contracts.admissible import cutting, octets, surrogates
from duban_contracts.cloudevents import CloudEvent, EnvelopeError, from_kafka, from_structured
from duban_contracts.not_json import NOT_JSON, reason


class Unreadable(ValueError):
    """The input is neither JSON nor JSON lines, or holds nothing."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One event as it was found: from HTTP, or from Kafka with its topic and partition when the capture says so."""

    event: CloudEvent | EnvelopeError
    from_kafka: bool = False
    topic: str | None = None
    partition: int | None = None


def read(raw: bytes) -> list[Captured]:
    """Return the events in `raw`, the broken ones as their EnvelopeError; raises Unreadable, also when empty."""
    found = [_captured(document) for document in _documents(raw)]
    if not found:
        raise Unreadable("holds no event")
    return found


def _documents(raw: bytes) -> Iterator[msgspec.Raw]:
    try:
        whole = msgspec.json.decode(raw, type=msgspec.Raw)
    except NOT_JSON:
        yield from _cut(raw)
        return
    if bytes(whole).lstrip()[:1] == b"[":
        yield from msgspec.json.decode(whole, type=list[msgspec.Raw])
    else:
        yield whole


def _cut(raw: bytes) -> Iterator[msgspec.Raw]:
    """Yield the events of what is no JSON to the letter; what is wrong with one of them is a finding of its own."""
    if (parts := cutting.elements(raw)) is not None:
        yield from map(msgspec.Raw, parts)
    elif cutting.is_whole(raw):
        yield msgspec.Raw(raw)
    else:
        yield from _unless_encoded(raw)


def _unless_encoded(raw: bytes) -> Iterator[msgspec.Raw]:
    """Yield the lines of a file, or the file as one document where it can't be read for its encoding: a finding."""
    try:
        yield from list(_lines(raw))
    except Unreadable:
        try:
            octets.text_of(raw)
        except octets.BadEncoding:
            yield msgspec.Raw(raw)
        else:
            raise


def _lines(raw: bytes) -> Iterator[msgspec.Raw]:
    for number, line in enumerate(raw.splitlines(), start=1):
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=msgspec.Raw)
            except NOT_JSON as error:
                if cutting.is_whole(line):
                    yield msgspec.Raw(line)
                    continue
                raise Unreadable(
                    f"line {number}: neither one JSON document nor JSON lines ({reason(error)})"
                ) from error


def _captured(document: msgspec.Raw) -> Captured:
    try:
        fields = msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    except NOT_JSON:
        mended = surrogates.mended(bytes(document))
        return Captured(_structured(document)) if mended is None else _captured(msgspec.Raw(mended))
    if "headers" not in fields or "specversion" in fields:
        return Captured(_structured(document))
    try:
        topic = msgspec.json.decode(fields.get("topic", b"null"), type=str | None)
        partition = msgspec.json.decode(fields.get("partition", b"null"), type=int | None)
        return Captured(_record(fields), from_kafka=True, topic=topic, partition=partition)
    except msgspec.ValidationError as error:
        return Captured(EnvelopeError("record", f"is no captured Kafka record ({error})"), from_kafka=True)


def _structured(document: msgspec.Raw) -> CloudEvent | EnvelopeError:
    try:
        return from_structured(document)
    except EnvelopeError as error:
        return error


def _record(fields: dict[str, msgspec.Raw]) -> CloudEvent | EnvelopeError:
    key = msgspec.json.decode(fields.get("key", b"null"), type=str | None)
    headers = [
        (name, None if text is None else text.encode())
        for name, text in _headers(msgspec.json.decode(fields["headers"]))
    ]
    try:
        return from_kafka(None if key is None else key.encode(), _value(fields), headers)
    except EnvelopeError as error:
        return error


def _value(fields: dict[str, msgspec.Raw]) -> bytes | None:
    """Return the record value: captured as JSON, or as the text that it was on the wire."""
    raw = fields.get("value", fields.get("payload"))
    if raw is None or bytes(raw).strip() == b"null":
        return None
    return msgspec.json.decode(raw, type=str).encode() if bytes(raw).lstrip()[:1] == b'"' else bytes(raw)


def _headers(headers: Any) -> list[tuple[str, str | None]]:
    if isinstance(headers, dict):
        pairs: Any = list(headers.items())
    elif isinstance(headers, list) and all(isinstance(item, str | None) for item in headers):
        pairs = list(zip(headers[::2], headers[1::2], strict=False))
    else:
        pairs = headers
    return msgspec.convert(pairs, type=list[tuple[str, str | None]])
