"""Events on the wire: CloudEvents 1.0 in Kafka's binary and structured, and in HTTP's binary, structured, batch mode.

Source of the rules: CloudEvents 1.0.2 (JSON event format, HTTP protocol binding, Kafka protocol binding). Every mode
comes down to :func:`duban_contracts.envelope.build`, so that one event is the same event by whichever way it came.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from duban_contracts.admissible import cutting, octets, surrogates, texts
from duban_contracts.admissible.media_types import media_type_of
from duban_contracts.envelope import (
    ATTRIBUTES,
    DATA_CONTENT_TYPE,
    TEXT_ATTRIBUTES,
    CloudEvent,
    EnvelopeError,
    build,
    named,
)
from duban_contracts.http_headers import headers_of_http
from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.times import format_time

__all__ = [
    "BATCH_CONTENT_TYPE",
    "DATA_CONTENT_TYPE",
    "STRUCTURED_CONTENT_TYPE",
    "CloudEvent",
    "EnvelopeError",
    "encode_batch",
    "from_kafka",
    "from_structured",
    "headers_of_http",
    "split_batch",
    "to_kafka",
    "to_structured",
]

STRUCTURED_CONTENT_TYPE: Final = "application/cloudevents+json"
BATCH_CONTENT_TYPE: Final = "application/cloudevents-batch+json"

# traceparent has its own well-known place on a record, and the partition key is the record's.
_HEADER_OF: Final = tuple(
    (name, name if name == "traceparent" else f"ce_{name}") for name in TEXT_ATTRIBUTES if name != "partitionkey"
)
_PLAIN_CONTENT: Final = DATA_CONTENT_TYPE.encode()
_FIXED_HEADERS: Final = (("ce_specversion", b"1.0"), ("content-type", _PLAIN_CONTENT))
# The headers that are ours to read, in order of preference; nobody else's is looked at.
_OWN_HEADERS: Final = {
    **{header: name for name, header in _HEADER_OF},
    "ce_specversion": "specversion",
    "ce_time": "time",
    "ce_aggregateversion": "aggregateversion",
    "content-type": "datacontenttype",
}


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

    Only our own headers are read: `ce_*`, `content-type`, `traceparent`. A key that can't be an attribute is nobody's
    partition key and no fault. Raises EnvelopeError when the record is not a CloudEvent 1.0.
    """
    fields = _own(headers)
    partitionkey = _key(key)
    if (content_type := fields.get("datacontenttype")) and _is_structured(content_type):
        if value is None:
            raise EnvelopeError("data", "must not be empty", "缺失")
        event = from_structured(value)
        return msgspec.structs.replace(event, partitionkey=partitionkey or event.partitionkey)
    fields["partitionkey"] = partitionkey
    return build(fields, value)


def _own(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, Any]:
    """Return our attributes among the headers of a record, undecoded; raises EnvelopeError when one stands twice."""
    found: dict[str, Any] = {}
    trace: bytes | None = None
    twice: str | None = None
    for header, raw in headers:
        name = _OWN_HEADERS.get(header) or _OWN_HEADERS.get(header.lower())
        if name is None:
            if header.lower() == "ce_traceparent":
                trace = raw
        elif name in found:
            twice = twice or name
        else:
            found[name] = raw
    if twice is not None:
        left = {name: raw for name, raw in found.items() if name != twice}
        raise named(EnvelopeError(twice, "must be given once", "重复出现"), left)
    if trace is not None and not found.get("traceparent"):
        found["traceparent"] = trace
    return found


def _key(key: bytes | None) -> str | None:
    """Return a record's key as an attribute, or None where it is something else (a number, other software's text)."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        return None
    return text if texts.fits_attribute(text) else None


def _is_structured(content_type: bytes) -> bool:
    """Tell structured from binary mode; raises EnvelopeError for another format or charset of CloudEvents."""
    if content_type == _PLAIN_CONTENT:
        return False
    media_type = media_type_of(content_type.decode("latin-1"))
    if not media_type.essence.startswith("application/cloudevents"):
        return False
    if media_type.essence != STRUCTURED_CONTENT_TYPE or not media_type.is_utf8:
        raise EnvelopeError(
            "content-type",
            f"must be {STRUCTURED_CONTENT_TYPE} in UTF-8",
            f"须为 UTF-8 编码的 {STRUCTURED_CONTENT_TYPE}",
            code="unsupported-media-type",
        )
    return True


def to_structured(event: CloudEvent) -> dict[str, Any]:
    """Return `event` as the JSON object of CloudEvents' structured mode."""
    document: dict[str, Any] = {"specversion": "1.0", "datacontenttype": DATA_CONTENT_TYPE}
    document |= {name: value for name in TEXT_ATTRIBUTES if (value := getattr(event, name)) is not None}
    if event.time is not None:
        document["time"] = format_time(event.time)
    if event.aggregateversion is not None:
        document["aggregateversion"] = event.aggregateversion
    document["data"] = msgspec.Raw(event.data)
    return document


# The structured-mode object as it arrives: nothing is trusted, `data` stays undecoded.
_Document: Final = msgspec.defstruct(
    "_Document",
    [
        *((name, Any, None) for name in ATTRIBUTES),
        ("data", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET),
        ("data_base64", Any, None),
    ],
    frozen=True,
)
_DOCUMENT: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(_Document)
_MEMBERS: Final = frozenset({*ATTRIBUTES, "data", "data_base64"})
_RAW_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])


def from_structured(document: bytes | msgspec.Raw) -> CloudEvent:
    """Read one structured-mode JSON object; raises EnvelopeError when it is not a CloudEvent 1.0."""
    raw = bytes(document)
    try:
        text = octets.text_of(raw)
        parsed = _DOCUMENT.decode(raw)
    except octets.BadEncoding as error:
        raise _unread(raw, EnvelopeError("data", f"must be UTF-8: {error.en}", error.zh, code="bad-encoding")) from None
    except msgspec.ValidationError as error:
        found = EnvelopeError("document", f"must be one JSON object ({reason(error)})", "不是一个 JSON 对象")
        raise named(found, octets.salvaged(raw)) from None
    except NOT_JSON as error:
        if (whole := surrogates.mended(raw)) is not None:
            return from_structured(whole)
        raise _unread(raw, EnvelopeError("document", reason(error), "不是合法的 JSON", code="not-json")) from None
    fields = {name: value for name in ATTRIBUTES if (value := getattr(parsed, name)) is not None}
    if twice := _repeated(raw, text, fields, parsed):
        raise named(EnvelopeError(twice, "must be given once", "重复出现"), octets.salvaged(raw))
    try:
        data = _data_of(parsed)
    except EnvelopeError as error:
        raise named(error, fields) from None
    return build(fields, data)


def _unread(document: bytes, error: EnvelopeError) -> EnvelopeError:
    """Return what is said of a document that can't be read; raises what is wrong with its envelope, as far as that can."""
    left = octets.salvaged(document)
    # The envelope first, as in binary mode, where it is read apart from the payload.
    if left:
        build({name: left.get(name) for name in ATTRIBUTES}, b"")
    return named(error, left)


def _repeated(document: bytes, text: str, fields: Mapping[str, Any], parsed: Any) -> str | None:
    """Return an attribute that stands twice, looking closely only where a count doesn't show that there is none."""
    data = b"" if parsed.data is msgspec.UNSET else bytes(parsed.data)
    inside = data.count(b":") + (parsed.data is not msgspec.UNSET)
    if octets.plainly_once(document, len(fields) + inside, fields):
        return None
    return next((name for name in octets.repeated_members(text) if name in _MEMBERS), None)


def _data_of(parsed: Any) -> bytes | None:
    if parsed.data_base64 is None:
        return None if parsed.data is msgspec.UNSET else bytes(parsed.data)
    if parsed.data is not msgspec.UNSET:
        raise EnvelopeError("data_base64", "must not stand beside data", "不能与 data 同时出现")
    try:
        return base64.b64decode(parsed.data_base64, validate=True)
    except (TypeError, ValueError):
        raise EnvelopeError("data_base64", "must be base64", "不是合规的 Base64 编码") from None


def split_batch(document: bytes) -> list[msgspec.Raw]:
    """Return the raw structured-mode objects of a batch; raises EnvelopeError when it is no JSON array.

    What is no UTF-8 or no JSON inside one event is that event's fault as long as it can be cut from its neighbours.
    """
    try:
        return _RAW_LIST.decode(document)
    except NOT_JSON as error:
        if (parts := cutting.elements(document)) is not None:
            return [msgspec.Raw(part) for part in parts]
        try:
            octets.text_of(document)
        except octets.BadEncoding as encoding:
            raise EnvelopeError("document", f"must be UTF-8: {encoding.en}", encoding.zh, code="bad-encoding") from None
        raise EnvelopeError("document", f"must be a JSON array ({reason(error)})", "不是 JSON 数组") from error


def encode_batch(events: Iterable[CloudEvent]) -> bytes:
    """Return `events` as one batch document (`application/cloudevents-batch+json`)."""
    return msgspec.json.encode([to_structured(event) for event in events])
