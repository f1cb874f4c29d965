from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote_from_bytes

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.tests.strategies import events
from duban_contracts.cloudevents import (
    CloudEvent,
    EnvelopeError,
    encode_batch,
    from_kafka,
    from_structured,
    headers_of_http,
    split_batch,
    to_kafka,
    to_structured,
)

MINIMAL = {"specversion": "1.0", "id": "1", "source": "/county/140502", "type": "t", "data": {}}


def structured(**changes: object) -> bytes:
    document = {name: value for name, value in (MINIMAL | changes).items() if value is not ...}
    return msgspec.json.encode(document)


@given(events)
def test_an_event_survives_the_kafka_record(event: CloudEvent) -> None:
    assert from_kafka(*to_kafka(event)) == event


@given(events)
def test_an_event_survives_the_structured_document(event: CloudEvent) -> None:
    assert from_structured(msgspec.json.encode(to_structured(event))) == event


@given(events)
def test_an_event_that_came_by_http_is_the_same_event_on_kafka(event: CloudEvent) -> None:
    arrived = from_structured(msgspec.json.encode(to_structured(event)))
    assert from_kafka(*to_kafka(arrived)) == event


@given(events)
def test_a_structured_document_in_a_record_reads_as_the_same_event(event: CloudEvent) -> None:
    key, _, _ = to_kafka(event)
    value = msgspec.json.encode(to_structured(event))
    content_type = b"application/cloudevents+json; charset=UTF-8"
    assert from_kafka(key, value, [("content-type", content_type)]) == event


@given(events, events)
def test_a_batch_keeps_its_events_and_their_order(first: CloudEvent, second: CloudEvent) -> None:
    assert [from_structured(one) for one in split_batch(encode_batch([first, second]))] == [first, second]


@given(events)
def test_the_record_value_is_the_bare_payload(event: CloudEvent) -> None:
    _, value, _ = to_kafka(event)
    assert value == event.data


@pytest.mark.parametrize(
    ("changes", "attribute"),
    [
        ({"id": ...}, "id"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"source": ...}, "source"),
        ({"type": None}, "type"),
        ({"specversion": "0.3"}, "specversion"),
        ({"data": ...}, "data"),
        ({"data": ..., "data_base64": "%"}, "data_base64"),
        ({"time": "2026-11-21T08:00:00"}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": 5}, "time"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"subject": "a\u0000b"}, "subject"),
        ({"id": "a\nb"}, "id"),
        ({"id": "x" * 513}, "id"),
        ({"aggregateversion": 0}, "aggregateversion"),
        ({"aggregateversion": True}, "aggregateversion"),
        ({"aggregateversion": 1.5}, "aggregateversion"),
        ({"aggregateversion": "1_0"}, "aggregateversion"),
        ({"aggregateversion": 2**31}, "aggregateversion"),
    ],
)
def test_a_broken_envelope_names_the_attribute(changes: dict[str, object], attribute: str) -> None:
    with pytest.raises(EnvelopeError) as caught:
        from_structured(structured(**changes))
    assert caught.value.attribute == attribute


@pytest.mark.parametrize("document", [b"", b"[]", b"7", b"{", b'"x"', b"[" * 100_000 + b"]" * 100_000])
def test_a_document_that_is_no_object_is_an_envelope_error(document: bytes) -> None:
    with pytest.raises(EnvelopeError) as caught:
        from_structured(document)
    assert caught.value.attribute == "document"


@pytest.mark.parametrize("document", [b"{}", b"", b"[1", b"[" * 100_000 + b"]" * 100_000])
def test_a_batch_that_is_no_array_is_an_envelope_error(document: bytes) -> None:
    with pytest.raises(EnvelopeError):
        split_batch(document)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b'"CQ-1"', b"CQ-1"),
        (b'"a\\"b\\\\c\\d"', b'a"b\\cd'),
        (b'"Euro%20%E2%82%AC"', "Euro €".encode()),
        (b'""', b""),
        # Quotes that were percent-encoded are the value's own.
        (b"%22CQ-1%22", b'"CQ-1"'),
        # What is no quoted string to its end is no quoted string.
        (b'"CQ-1', b'"CQ-1'),
        (b'"CQ-1\\"', b'"CQ-1\\"'),
        (b'C"Q-"1', b'C"Q-"1'),
        (b'"', b'"'),
    ],
)
def test_a_header_of_http_is_taken_out_of_its_quotes_and_then_percent_decoded(written: bytes, meant: bytes) -> None:
    assert headers_of_http([(b"Ce-Id", written)]) == [("ce_id", meant)]
    assert headers_of_http([(b"content-type", b'application/json; charset="utf-8"')])[0][1].endswith(b'"utf-8"')


@given(st.binary(max_size=30))
def test_whatever_is_quoted_and_percent_encoded_comes_out_as_it_was(value: bytes) -> None:
    encoded = quote_from_bytes(value, safe='"\\').encode()
    quoted = b'"' + encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    assert headers_of_http([(b"ce-subject", quoted)]) == [("ce_subject", value)]


def test_a_record_without_cloudevents_headers_is_refused() -> None:
    with pytest.raises(EnvelopeError) as caught:
        from_kafka(b"k", b"{}", [("content-type", b"application/json")])
    assert caught.value.attribute == "specversion"


def test_a_tombstone_is_refused() -> None:
    with pytest.raises(EnvelopeError) as caught:
        from_kafka(b"k", None, [])
    assert caught.value.attribute == "data"


def test_headers_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(EnvelopeError):
        from_kafka(b"k", b"{}", [("ce_id", b"\xff")])


def test_base64_data_is_read() -> None:
    event = from_structured(structured(data=..., data_base64="eyJhIjoxfQ=="))
    assert event.data == b'{"a":1}'


def test_time_is_written_in_utc() -> None:
    event = CloudEvent(id="1", source="s", type="t", data=b"{}", time=datetime(2026, 11, 21, 8, tzinfo=UTC))
    assert to_structured(event)["time"] == "2026-11-21T08:00:00Z"


def test_the_identity_separates_topics_sources_and_ids() -> None:
    event = CloudEvent(id="1", source="s", type="t", data=b"{}")
    other = msgspec.structs.replace(event, source="s2")
    identities = {event.identity("a"), event.identity("b"), other.identity("a")}
    assert len(identities) == 3


def test_the_identity_of_an_event_never_changes() -> None:
    event = CloudEvent(id="CQ-1", source="/county/140502/hazards", type="t", data=b"{}")
    assert str(event.identity("county.140502.v1")) == "268ab866-763a-5cc4-a1ad-43e32ff41901"
