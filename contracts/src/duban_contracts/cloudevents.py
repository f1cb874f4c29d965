"""The envelope: CloudEvents 1.0 in Kafka binary mode and in HTTP structured and batch mode.

Source of the rules: CloudEvents 1.0.2 (JSON event format, HTTP protocol binding, Kafka protocol binding).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.times import format_time

STRUCTURED_CONTENT_TYPE: Final = "application/cloudevents+json"
BATCH_CONTENT_TYPE: Final = "application/cloudevents-batch+json"
DATA_CONTENT_TYPE: Final = "application/json"

# Namespace of delivery identities; a constant for life, since it is part of every inbox key.
_IDENTITY_NAMESPACE: Final = UUID("6f0d2b7e-6c1b-5f0a-9a9e-2d6d7561626e")


class EnvelopeError(ValueError):
    """A record or document is not a CloudEvent: `attribute` names what is wrong, `rule` the broken rule."""

    def __init__(self, attribute: str, rule: str) -> None:
        super().__init__(f"{attribute}: {rule}")
        self.attribute = attribute
        self.rule = rule


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event: the CloudEvents attributes that Duban uses, and the payload as bare JSON bytes.

    `id` is made by the publisher and makes retries safe; `source` names the publishing system; `subject` is
    the hazard, letter or task reference. `aggregateversion` counts the events of one aggregate from 1 without
    gaps (absent on county claims); `partitionkey` is the Kafka record key.
    """

    id: str
    source: str
    type: str
    data: bytes
    time: datetime | None = None
    subject: str | None = None
    dataschema: str | None = None
    partitionkey: str | None = None
    aggregateversion: int | None = None
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None

    def identity(self, topic: str) -> UUID:
        """Return the key under which a consumer of `topic` remembers this event.

        CloudEvents promises that `source` + `id` is unique. The topic is part of the key because it, and not
        the payload, says who is speaking: one county can't pre-empt another's event ids.
        """
        return uuid5(_IDENTITY_NAMESPACE, f"{topic}\n{self.source}\n{self.id}")


_TEXT_ATTRIBUTES: Final = (
    "id",
    "source",
    "type",
    "subject",
    "dataschema",
    "partitionkey",
    "correlationid",
    "causationid",
    "traceparent",
)
_REQUIRED: Final = ("id", "source", "type")
# traceparent and the partition key have their own well-known places on a Kafka record.
_PLAIN_HEADERS: Final = frozenset({"traceparent"})
_HEADER_OF: Final = tuple(
    (name, name if name in _PLAIN_HEADERS else f"ce_{name}") for name in _TEXT_ATTRIBUTES if name != "partitionkey"
)
_FIXED_HEADERS: Final = (("ce_specversion", b"1.0"), ("content-type", DATA_CONTENT_TYPE.encode()))

MAX_ATTRIBUTE_LENGTH: Final = 512
# CloudEvents 1.0.2, type system: an Integer has 32 bits, a String no control characters or lone surrogates.
_MAX_INTEGER: Final = 2**31 - 1
_DIGITS: Final = re.compile(r"[0-9]{1,10}\Z")
_FORBIDDEN_CHARACTERS: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")

Headers = Sequence[tuple[str, bytes]]


def _parse_time(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise EnvelopeError("time", "must be an RFC 3339 timestamp") from error
    if instant.tzinfo is None:
        raise EnvelopeError("time", "must carry a UTC offset")
    return instant


def _parse_version(value: object) -> int | None:
    """Read `aggregateversion`: a CloudEvents Integer, or its digits where attributes travel as text."""
    if isinstance(value, str) and _DIGITS.match(value):
        value = int(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise EnvelopeError("aggregateversion", "must be a whole number")
    if not 1 <= value <= _MAX_INTEGER:
        raise EnvelopeError("aggregateversion", f"must be from 1 to {_MAX_INTEGER}")
    return value


def to_kafka(event: CloudEvent) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """Return (key, value, headers) of `event` in Kafka binary mode: `ce_*` headers, bare payload as value."""
    headers = [*_FIXED_HEADERS]
    for name, header in _HEADER_OF:
        value = getattr(event, name)
        if value is not None:
            headers.append((header, value.encode()))
    if event.time is not None:
        headers.append(("ce_time", format_time(event.time).encode()))
    if event.aggregateversion is not None:
        headers.append(("ce_aggregateversion", str(event.aggregateversion).encode()))
    key = None if event.partitionkey is None else event.partitionkey.encode()
    return key, event.data, headers


def from_kafka(key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> CloudEvent:
    """Read a CloudEvent from a Kafka record, in binary or structured mode (told apart by `content-type`).

    Raises EnvelopeError when the record is not a CloudEvent 1.0.
    """
    try:
        attributes = {name.lower(): raw.decode() for name, raw in headers if raw is not None}
        partitionkey = None if key is None else key.decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError("headers", "must be UTF-8 text") from error
    if value is None:
        raise EnvelopeError("data", "must not be empty")
    if attributes.get("content-type", "").startswith(STRUCTURED_CONTENT_TYPE):
        event = from_structured(value)
        return msgspec.structs.replace(event, partitionkey=partitionkey or event.partitionkey)
    if attributes.get("ce_specversion") != "1.0":
        raise EnvelopeError("specversion", 'must be "1.0"')
    fields: dict[str, Any] = {name: attributes.get(header) for name, header in _HEADER_OF}
    fields["traceparent"] = fields["traceparent"] or attributes.get("ce_traceparent")
    fields["partitionkey"] = partitionkey
    fields["time"] = attributes.get("ce_time")
    fields["aggregateversion"] = attributes.get("ce_aggregateversion")
    return _build(fields, value)


def _build(fields: Mapping[str, Any], data: bytes) -> CloudEvent:
    """Check the attributes and return the event; raises EnvelopeError."""
    for name in _REQUIRED:
        if not fields.get(name):
            raise EnvelopeError(name, "is required and must not be empty")
    text: dict[str, Any] = {name: fields.get(name) for name in _TEXT_ATTRIBUTES}
    for name, value in text.items():
        if value is None:
            continue
        if not isinstance(value, str):
            raise EnvelopeError(name, "must be a string")
        if len(value) > MAX_ATTRIBUTE_LENGTH:
            raise EnvelopeError(name, f"must be at most {MAX_ATTRIBUTE_LENGTH} characters")
        if _FORBIDDEN_CHARACTERS.search(value):
            raise EnvelopeError(name, "must not hold control characters")
    time = fields.get("time")
    if time is not None and not isinstance(time, str):
        raise EnvelopeError("time", "must be an RFC 3339 timestamp")
    instant = None if time is None else _parse_time(time)
    version = _parse_version(fields.get("aggregateversion"))
    return CloudEvent(data=data, time=instant, aggregateversion=version, **text)


def to_structured(event: CloudEvent) -> dict[str, Any]:
    """Return `event` as the JSON object of CloudEvents' structured mode."""
    document: dict[str, Any] = {"specversion": "1.0", "datacontenttype": DATA_CONTENT_TYPE}
    document |= {name: value for name in _TEXT_ATTRIBUTES if (value := getattr(event, name)) is not None}
    if event.time is not None:
        document["time"] = format_time(event.time)
    if event.aggregateversion is not None:
        document["aggregateversion"] = event.aggregateversion
    document["data"] = msgspec.Raw(event.data)
    return document


class _Document(msgspec.Struct, frozen=True):
    """The structured-mode object as it arrives: nothing is trusted, `data` stays undecoded."""

    specversion: Any = None
    datacontenttype: Any = None
    id: Any = None
    source: Any = None
    type: Any = None
    subject: Any = None
    time: Any = None
    dataschema: Any = None
    partitionkey: Any = None
    aggregateversion: Any = None
    correlationid: Any = None
    causationid: Any = None
    traceparent: Any = None
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    data_base64: Any = None


_DOCUMENT = msgspec.json.Decoder(_Document)
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def from_structured(document: bytes | msgspec.Raw) -> CloudEvent:
    """Read one structured-mode JSON object; raises EnvelopeError when it is not a CloudEvent 1.0."""
    try:
        parsed = _DOCUMENT.decode(document)
    except NOT_JSON as error:
        raise EnvelopeError("document", f"must be one JSON object ({reason(error)})") from error
    if parsed.specversion != "1.0":
        raise EnvelopeError("specversion", 'must be "1.0"')
    if parsed.datacontenttype not in (None, DATA_CONTENT_TYPE):
        raise EnvelopeError("datacontenttype", f"must be {DATA_CONTENT_TYPE}")
    if parsed.data is not msgspec.UNSET:
        data = bytes(parsed.data)
    elif isinstance(parsed.data_base64, str):
        try:
            data = base64.b64decode(parsed.data_base64, validate=True)
        except ValueError as error:
            raise EnvelopeError("data_base64", "must be base64") from error
    else:
        raise EnvelopeError("data", "is required")
    fields = {name: getattr(parsed, name) for name in (*_TEXT_ATTRIBUTES, "time", "aggregateversion")}
    return _build(fields, data)


def split_batch(document: bytes) -> list[msgspec.Raw]:
    """Return the raw structured-mode objects of a batch; raises EnvelopeError when it is no JSON array."""
    try:
        return _RAW_LIST.decode(document)
    except NOT_JSON as error:
        raise EnvelopeError("document", f"must be a JSON array ({reason(error)})") from error


def encode_batch(events: Iterable[CloudEvent]) -> bytes:
    """Return `events` as one batch document (`application/cloudevents-batch+json`)."""
    return msgspec.json.encode([to_structured(event) for event in events])
