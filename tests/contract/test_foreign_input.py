"""What other systems' clients really send, each with its right answer at every door (inputs are invented)."""

from __future__ import annotations

import json
import struct

import pytest

from duban_contracts.cloudevents import EnvelopeError, split_batch
from duban_contracts.conformance import check
from services.chassis.consuming.deliveries import read
from services.gateway.intake.model.claims import Claim, RefusedEvent
from services.gateway.intake.model.examination import Examiner
from tests.contract import doors
from tests.contract.doors import COUNTY, PRESENT, TOPIC, Sent, record, said

EXAMINER = Examiner(COUNTY, TOPIC, None, PRESENT)
IDENTITY = "t2-0001"


def refused(sent: Sent) -> RefusedEvent:
    found = EXAMINER.structured(sent.document())
    assert isinstance(found, RefusedEvent)
    return found


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("encoding", "hint", "rule"),
    [("gbk", "GBK", "looks like GBK"), ("utf-16", "UTF-16", "UTF-16"), ("utf-8-sig", "BOM", "BOM")],
)
def test_another_encoding_is_refused_in_chinese_and_named(encoding: str, hint: str, rule: str) -> None:
    sent = Sent(encoding=encoding)
    assert said(sent) == ("bad-encoding", "data")
    for found in (refused(sent).refusals[0], doors.refused_by_reader(record(sent.payload(), sent.headers()))):
        assert found is not None
        assert hint in found.message
        assert "UTF-8" in found.message
        assert rule in (found.rule or "")


def test_a_damaged_byte_is_not_taken_for_gbk() -> None:
    damaged = Sent().payload().replace("区".encode(), b"\xe5\x8c")
    found = doors.refused_by_reader(record(damaged, Sent().headers()))
    assert found is not None
    assert (found.code, "GBK" in found.message) == ("bad-encoding", False)


def test_the_good_neighbours_of_a_gbk_event_in_a_batch_are_taken() -> None:
    batch = b"[" + Sent().document() + b"," + Sent(encoding="gbk").document() + b"]"
    found = [EXAMINER.structured(part) for part in split_batch(batch)]
    assert isinstance(found[0], Claim)
    assert isinstance(found[1], RefusedEvent)
    assert (found[1].event_id, found[1].refusals[0].code) == (IDENTITY, "bad-encoding")


def test_a_batch_that_its_encoding_breaks_says_so() -> None:
    with pytest.raises(EnvelopeError) as caught:
        split_batch(f"[{Sent().document().decode()}]".encode("utf-16"))
    assert caught.value.code == "bad-encoding"


def test_the_kit_reports_a_gbk_file_as_a_finding() -> None:
    (finding,) = check(b"[" + Sent(encoding="gbk").document() + b"]", COUNTY, PRESENT)
    assert [fault.code for fault in finding.violations] == ["bad-encoding"]
    assert finding.id == IDENTITY


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-08:00", "2026-W47-6T08:30:00Z"],
)
def test_a_time_that_utc_or_other_readers_have_not_is_refused(time: str) -> None:
    assert said(Sent().having(time=time)) == ("bad-envelope", "time")


@pytest.mark.parametrize(
    "time", ["2026-11-21T08:30:00.1234567+08:00", "2026-11-21t08:30:00z", "2026-11-21 08:30:00Z", ""]
)
def test_a_time_that_everybody_reads_is_taken(time: str) -> None:
    assert said(Sent().having(time=time)) is None


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON"]
)
def test_media_types_are_compared_without_case_and_parameters(media_type: str) -> None:
    assert said(Sent().having(datacontenttype=media_type)) is None


@pytest.mark.parametrize("media_type", ["application/json; charset=gbk", "text/xml"])
def test_another_charset_or_format_is_refused(media_type: str) -> None:
    assert said(Sent().having(datacontenttype=media_type)) == ("bad-envelope", "datacontenttype")


@pytest.mark.parametrize(
    "content_type", [b"Application/CloudEvents+JSON", b"application/cloudevents+json; charset=UTF-8"]
)
def test_structured_mode_is_known_in_any_case(content_type: bytes) -> None:
    assert doors.by_kafka_structured(Sent(), content_type=content_type) is None


@pytest.mark.parametrize(
    "content_type", [b"application/cloudevents+json; charset=gbk", b"application/cloudevents+avro"]
)
def test_other_formats_of_cloudevents_are_refused(content_type: bytes) -> None:
    found = doors.by_kafka_structured(Sent(), content_type=content_type)
    assert found == ("unsupported-media-type", "content-type")


@pytest.mark.parametrize(
    "foreign",
    [
        ("dd-pathway-ctx", bytes.fromhex("9af1c3288020")),
        ("operator", "安全员".encode("gbk")),
        ("kafka_original-offset", struct.pack(">q", 255)),
        ("ce_vendorextension", b"\xff"),
        ("x-trace", b""),
        ("__TypeId__", b"com.example.Hazard"),
    ],
)
def test_headers_of_other_software_are_passed_over(foreign: tuple[str, bytes]) -> None:
    assert doors.by_kafka_binary(Sent(), foreign=[foreign]) is None


@pytest.mark.parametrize(
    "key", [None, b"", struct.pack(">q", 412), struct.pack(">q", 5), "安".encode("gbk"), b"k" * 600]
)
def test_a_key_that_is_no_text_is_nobodys_partition_key(key: bytes | None) -> None:
    event, _ = read(record(Sent().payload(), Sent().headers(), key))
    assert event is not None
    assert event.partitionkey is None
    assert doors.by_kafka_binary(Sent(), key=key) is None


def test_our_own_headers_must_be_utf8_and_stand_once() -> None:
    source = "/县/140502".encode("gbk")
    headers = [(name, source if name == "ce_source" else value) for name, value in Sent().headers()]
    found = doors.refused_by_reader(record(Sent().payload(), headers))
    assert found is not None
    assert (found.code, found.field, "GBK" in found.message) == ("bad-encoding", "source", True)
    twice = [*Sent().headers(), ("CE_ID", b"another")]
    found = doors.refused_by_reader(record(Sent().payload(), twice))
    assert found is not None
    assert (found.code, found.field) == ("bad-envelope", "id")


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    "sent",
    [
        Sent().having(time="2026-11-21 08:30:00"),
        Sent().having(datacontenttype="text/xml"),
        Sent().having(type=None),
        Sent().having(specversion="0.3"),
        Sent().having(subject="a\u202eb"),
        Sent(encoding="gbk"),
        Sent(encoding="utf-16"),
        Sent(data='{"county": "140502", "county": "140581"}'),
    ],
)
def test_a_refusal_is_found_under_the_events_own_id(sent: Sent) -> None:
    """The receipt that a county can compute: of topic, source and id."""
    whole, _ = read(record(Sent().payload(), Sent().headers()))
    assert whole is not None
    for arrived in (
        record(sent.payload(), sent.headers()),
        record(sent.document(), [("content-type", b"application/cloudevents+json")]),
    ):
        found = doors.refused_by_reader(arrived)
        assert found is not None
        event, _ = read(arrived)
        assert event is not None
        assert event.identity(TOPIC) == whole.identity(TOPIC)
    assert refused(sent).event_id == IDENTITY


def test_a_name_that_stands_twice_is_read_by_nobody() -> None:
    twice = f'{Sent().data[:-1]}, "county": "140581"}}'
    assert said(Sent(twice)) == ("repeated-name", "$.county")
    nested = Sent().data.replace('"name": "示例', '"name": "a", "na\\u006de": "示例')
    assert said(Sent(nested)) == ("repeated-name", "$.enterprise.name")
    assert said(Sent(Sent().data, (*Sent().attributes, ("source", "/other")))) == ("bad-envelope", "source")


def test_data_beside_data_base64_is_refused() -> None:
    document = Sent().document()[:-1] + b', "data_base64": "e30="}'
    found = EXAMINER.structured(document)
    assert isinstance(found, RefusedEvent)
    assert (found.refusals[0].code, found.refusals[0].field) == ("bad-envelope", "data_base64")


def test_the_kit_takes_what_the_platform_takes() -> None:
    other_layout = json.dumps(json.loads(Sent().document()), indent=2, sort_keys=True).encode()
    assert [
        finding.violations
        for finding in check(Sent().document() + b"\n" + json.dumps(json.loads(other_layout)).encode(), COUNTY, PRESENT)
    ] == [(), ()]
    flat: list[str | None] = [text for name, value in Sent().headers() for text in (name, value.decode())]
    captured = {"topic": TOPIC, "headers": [*flat, "x-trace", None], "key": "T2-0001", "payload": Sent().data}
    (finding,) = check(json.dumps(captured).encode(), COUNTY, PRESENT)
    assert not finding.refused
