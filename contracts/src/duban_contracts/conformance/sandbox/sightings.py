"""Reading what a publisher sent, and what evidence keeps of it: digests in place of contents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from duban_contracts.admissible.dates import Present
from duban_contracts.admissible.media_types import media_type_of
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import (
    BATCH_CONTENT_TYPE,
    STRUCTURED_CONTENT_TYPE,
    CloudEvent,
    EnvelopeError,
    from_kafka,
    from_structured,
    headers_of_http,
    split_batch,
)
from duban_contracts.codec import encode
from duban_contracts.conformance.sandbox.answers import TurnedAway
from duban_contracts.conformance.sandbox.evidence import Seen
from duban_contracts.conformance.sandbox.outcomes import ANSWERS
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.times import format_time
from duban_contracts.validation import MOST_BATCH_EVENTS, envelope_violation, examine_sent

MOST_BODY_BYTES = 4 * 1024 * 1024
Sighting = tuple[Seen, CloudEvent | tuple[Refusal, ...]]


def sighted(read: Callable[[], CloudEvent], county: str, present: Present) -> Sighting:
    """Return an event and what is kept of it, or the refusals in its place."""
    try:
        event = read()
    except EnvelopeError as error:
        return _broken(error), (envelope_violation(error),)
    data = examine_sent(event, county, present)
    if not isinstance(data, list) and event.type not in ANSWERS:
        # The contract knows it and the sandbox does not know what becomes of it: no answer is better than a wrong one.
        data = [violation("unknown-event-type", "type", type=event.type)]
    return _seen(event, data), (tuple(data) if isinstance(data, list) else event)


def of_request(
    named: Mapping[str, str], headers: Sequence[tuple[bytes, bytes]], body: bytes
) -> list[Callable[[], CloudEvent]]:
    """Return how to read each event of a request, in any of CloudEvents' three HTTP modes; raises TurnedAway."""
    if len(body) > MOST_BODY_BYTES:
        raise TurnedAway(refusal("body-too-large", limit=MOST_BODY_BYTES))
    media_type = media_type_of(named.get("content-type", ""))
    if media_type.essence == BATCH_CONTENT_TYPE and media_type.is_utf8:
        return [_structured(document) for document in _split(body)]
    if media_type.essence == STRUCTURED_CONTENT_TYPE and media_type.is_utf8:
        return [_structured(body)]
    if "ce-id" in named or "ce-specversion" in named:
        return [lambda: from_kafka(None, body, headers_of_http(headers))]
    raise TurnedAway(refusal("unsupported-media-type", field="Content-Type", detail=named.get("content-type", "")))


def _structured(document: bytes | msgspec.Raw) -> Callable[[], CloudEvent]:
    return lambda: from_structured(document)


def _split(body: bytes) -> list[msgspec.Raw]:
    try:
        documents = split_batch(body)
    except EnvelopeError as error:
        raise TurnedAway(refusal("malformed-batch", field="$", rule=error.rule)) from error
    if len(documents) > MOST_BATCH_EVENTS:
        raise TurnedAway(refusal("batch-too-large", limit=MOST_BATCH_EVENTS))
    return list(documents)


def _seen(event: CloudEvent, data: EventData | list[Refusal]) -> Seen:
    """Return what evidence keeps of an event: a digest in place of its content."""
    if isinstance(data, list):
        raw, reference, refused = event.data, _reference_of(event), tuple(found.code for found in data)
    else:
        raw, reference, refused = encode(data), getattr(data, "reference", None), ()
    return Seen(
        id=event.id,
        source=event.source,
        type=event.type,
        reference=reference,
        content=hashlib.sha256(event.type.encode() + b"\n" + raw).hexdigest()[:16],
        time=None if event.time is None else format_time(event.time),
        refused=refused,
    )


def _broken(error: EnvelopeError) -> Seen:
    """Return what evidence keeps of what was no event."""
    if error.event is None:
        return Seen(refused=(error.code,))
    return Seen(id=error.event.id, source=error.event.source, type=error.event.type or None, refused=(error.code,))


def _reference_of(event: CloudEvent) -> str | None:
    try:
        return msgspec.json.decode(event.data, type=_OnlyReference).reference
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class _OnlyReference(msgspec.Struct):
    reference: str | None = None
