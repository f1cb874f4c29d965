"""Our envelopes by the word of the official CloudEvents SDK, both ways and in every mode."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent as SdkEvent
from hypothesis import given

from contracts.tests.strategies import events, reports
from contracts.tests.tables import each
from duban_contracts.cloudevents import (
    STRUCTURED_CONTENT_TYPE,
    CloudEvent,
    from_kafka,
    from_structured,
    to_kafka,
    to_structured,
)
from duban_contracts.codec import event_types
from duban_contracts.examples import example_event

EXAMPLES = [example_event(entry) for entry in event_types()]


def by_type(check: Callable[[CloudEvent], None]) -> Callable[[], None]:
    """Make a test of a check of one event: the example of every type passes it."""

    def test() -> None:
        each(EXAMPLES, check, name=lambda event: event.type)

    return test


def attributes(event: CloudEvent) -> dict[str, Any]:
    """Return what the SDK should find, beside the payload."""
    document = {name: value for name, value in msgspec.structs.asdict(event).items() if value is not None}
    document.pop("data")
    return document


def found(event: BaseCloudEvent) -> dict[str, Any]:
    """Return what the SDK found, without what the envelope always carries."""
    known = dict(event.get_attributes())
    known.pop("specversion")
    assert known.pop("datacontenttype") == "application/json"
    if "aggregateversion" in known:
        known["aggregateversion"] = int(known["aggregateversion"])
    return known


def message(event: CloudEvent) -> kafka.KafkaMessage:
    """Return our record as the SDK's; `traceparent` travels under its own W3C name, which CloudEvents leaves alone."""
    key, value, headers = to_kafka(event)
    named = {("ce_traceparent" if name == "traceparent" else name): text for name, text in headers}
    return kafka.KafkaMessage(headers=named, key=key, value=value)


@by_type
def test_the_sdk_reads_our_kafka_record(event: CloudEvent) -> None:
    read = kafka.from_kafka_event(message(event))
    assert found(read) == attributes(event)
    assert read.get_data() == json.loads(event.data)


# The SDK makes up a time where there is none.
@given(events.filter(lambda event: event.time is not None))
def test_the_sdk_finds_every_attribute_of_any_record(event: CloudEvent) -> None:
    assert found(kafka.from_kafka_event(message(event))) == attributes(event)


@by_type
def test_we_read_the_sdks_binary_record(event: CloudEvent) -> None:
    written = kafka.to_binary_event(sdk_event(event))
    assert_same(from_kafka(as_bytes(written.key), written.value, list(written.headers.items())), event)


@by_type
def test_we_read_the_sdks_structured_record(event: CloudEvent) -> None:
    written = kafka.to_structured_event(sdk_event(event))
    assert_same(from_kafka(as_bytes(written.key), written.value, list(written.headers.items())), event)


@by_type
def test_the_sdk_reads_our_structured_document(event: CloudEvent) -> None:
    body = msgspec.json.encode(to_structured(event))
    read = http.from_http_event(http.HTTPMessage(headers={"content-type": STRUCTURED_CONTENT_TYPE}, body=body))
    assert found(read) == attributes(event)
    assert read.get_data() == json.loads(event.data)


@by_type
def test_we_read_the_sdks_structured_document(event: CloudEvent) -> None:
    written = http.to_structured_event(sdk_event(event))
    assert written.headers["content-type"].startswith(STRUCTURED_CONTENT_TYPE)
    assert_same(from_structured(written.body), event)


@given(reports)
def test_a_payload_comes_out_of_the_sdk_as_it_went_in(report: dict[str, Any]) -> None:
    event = CloudEvent(id="1", source="/s", type="duban.hazard.reported.v1", data=msgspec.json.encode(report))
    assert kafka.from_kafka_event(message(event)).get_data() == report


def sdk_event(event: CloudEvent) -> SdkEvent:
    """Return `event` as a program that uses the SDK would have made it."""
    known = attributes(event) | {"specversion": "1.0", "datacontenttype": "application/json"}
    return SdkEvent(attributes=known, data=json.loads(event.data))


def as_bytes(key: str | bytes | None) -> bytes | None:
    return key.encode() if isinstance(key, str) else key


def assert_same(read: CloudEvent, sent: CloudEvent) -> None:
    assert json.loads(read.data) == json.loads(sent.data)
    assert msgspec.structs.replace(read, data=b"") == msgspec.structs.replace(sent, data=b"")
