from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given

from contracts.tests.strategies import json_values, reports, texts
from duban_contracts.catalogue import EventData, EventType
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import PayloadError, UnknownEventType, decode, encode, event_types, lookup, type_of
from duban_contracts.events.claims import HazardReported
from duban_contracts.events.types import HazardFacts
from duban_contracts.examples import example_event, examples
from duban_contracts.topics import TopicFamily


def reported(data: bytes) -> CloudEvent:
    return CloudEvent(id="1", source="s", type="duban.hazard.reported.v1", data=data)


@given(reports, texts, json_values)
def test_a_reader_ignores_fields_it_does_not_know(report: dict[str, Any], name: str, value: object) -> None:
    known = decode(reported(msgspec.json.encode(report)))
    extended = report | {f"~{name}": value, "enterprise": report["enterprise"] | {f"~{name}": value}}
    assert decode(reported(msgspec.json.encode(extended))) == known


@given(reports)
def test_a_payload_survives_decoding_and_encoding(report: dict[str, Any]) -> None:
    data = decode(reported(msgspec.json.encode(report)))
    assert decode(reported(encode(data))) == data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("found_on", "2026-13-01"),
        ("county", "１４０５０２"),
        ("county", "140502\n"),
        ("place", "a\nb"),
        ("place", "a\n"),
        ("description", "a\u0000b"),
        ("channel", "rumour"),
        ("reference", "x" * 65),
    ],
)
def test_a_reader_names_the_broken_field(field: str, value: str) -> None:
    with pytest.raises(PayloadError) as caught:
        decode(reported(msgspec.json.encode(examples()["duban.hazard.reported.v1"] | {field: value})))
    assert caught.value.field == f"$.{field}"


def test_a_description_may_have_several_lines() -> None:
    report = examples()["duban.hazard.reported.v1"] | {"description": "第一行\n第二行\n"}
    decoded = decode(reported(msgspec.json.encode(report)))
    assert isinstance(decoded, HazardReported)
    assert decoded.description == "第一行\n第二行\n"


@pytest.mark.parametrize("data", [b"", b"nul", b"[" * 100_000 + b"]" * 100_000, b"\xff"])
def test_a_payload_that_is_no_json_is_a_payload_error(data: bytes) -> None:
    with pytest.raises(PayloadError) as caught:
        decode(reported(data))
    assert caught.value.field == "$"


def test_a_foreign_value_in_an_error_is_short_and_legible() -> None:
    report = examples()["duban.hazard.reported.v1"] | {"channel": "x\n" * 500}
    with pytest.raises(PayloadError) as caught:
        decode(reported(msgspec.json.encode(report)))
    assert len(caught.value.rule) <= 200
    assert "\n" not in caught.value.rule


def test_an_instant_without_an_offset_is_refused() -> None:
    beat = example_event(lookup("duban.ledger.heartbeat.v1"), {"applied_through": "2026-11-21T08:00:00"})
    with pytest.raises(PayloadError):
        decode(beat)


def test_an_unknown_type_is_told_apart_from_a_broken_payload() -> None:
    with pytest.raises(UnknownEventType):
        decode(CloudEvent(id="1", source="s", type="duban.hazard.reported.v9", data=b"{}"))


def test_every_event_type_has_a_chinese_name_a_description_and_a_version() -> None:
    for entry in event_types():
        assert entry.title_zh
        assert entry.model.__doc__
        assert entry.name.startswith("duban.")
        assert entry.name.endswith(".v1")
        assert type_of(entry.model) is lookup(entry.name)


def test_every_ledger_event_of_a_hazard_carries_its_facts() -> None:
    for entry in event_types():
        if entry.family == "ledger.hazard.v1" and entry.name.startswith("duban.hazard."):
            assert isinstance(getattr(decode(example_event(entry)), "hazard", None), HazardFacts)


def test_every_event_type_has_an_example_with_every_field_filled() -> None:
    assert sorted(examples()) == [entry.name for entry in event_types()]
    for entry in event_types():
        fields = {field.encode_name for field in msgspec.structs.fields(entry.model)}
        assert set(examples()[entry.name]) == fields
        assert msgspec.json.decode(encode(decode(example_event(entry)))) == examples()[entry.name]


def test_an_example_of_a_kind_of_thing_that_is_new_is_about_its_id() -> None:
    entry = EventType("duban.task.opened.v1", EventData, TopicFamily.TASK, "任务", msgspec.json.Decoder(EventData))
    assert example_event(entry, {"county": "140502", "task_id": "t-1", "hazard": {"hazard_id": "h-1"}}).subject == "t-1"
    assert example_event(entry, {"task": {"task_id": "t-1"}}).subject == "t-1"
    assert example_event(entry, {"county": "140502"}).subject is None
