from __future__ import annotations

import os
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.tests.strategies import json_values, reports, texts
from duban_contracts.closed import closed_decoder
from duban_contracts.cloudevents import CloudEvent, EnvelopeError, from_structured
from duban_contracts.codec import PayloadError, decode, event_types, lookup
from duban_contracts.examples import example_event, examples
from duban_contracts.explain import explain
from duban_contracts.validation import (
    MOST_EVENT_BYTES,
    MOST_VIOLATIONS,
    check_claim,
    check_payload,
    envelope_violation,
    examine_claim,
)

TYPE = "duban.hazard.reported.v1"
REPORT = examples()[TYPE]


def claim(payload: object, kind: str = TYPE) -> CloudEvent:
    return CloudEvent(id="1", source="s", type=kind, data=msgspec.json.encode(payload))


def faults(payload: object) -> list[tuple[str | None, str]]:
    return [(violation.field, violation.code) for violation in check_claim(claim(payload))]


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in REPORT.items() if field != name}


@given(reports)
def test_a_right_claim_has_no_violations(report: dict[str, Any]) -> None:
    assert check_claim(claim(report), report["county"]) == []


@given(reports, texts, json_values)
def test_an_unknown_field_is_named_at_any_depth(report: dict[str, Any], name: str, value: object) -> None:
    assert (f"$.~{name}", "unknown-field") in faults(report | {f"~{name}": value})
    enterprise = report["enterprise"] | {f"~{name}": value}
    assert faults(report | {"enterprise": enterprise}) == [(f"$.enterprise.~{name}", "unknown-field")]


def test_an_unknown_field_in_a_list_is_named_by_its_index() -> None:
    good = examples()["duban.hazard.rectified.v1"]
    proofs = [*good["evidence"], good["evidence"][0] | {"size": 3}]
    found = check_claim(claim(good | {"evidence": proofs}, "duban.hazard.rectified.v1"))
    assert [(violation.field, violation.code) for violation in found] == [("$.evidence[1].size", "unknown-field")]


@pytest.mark.feature("SY64")
@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (without("place"), ("$.place", "missing-field")),
        (REPORT | {"place": 3}, ("$.place", "wrong-type")),
        (REPORT | {"place": ""}, ("$.place", "too-short")),
        (REPORT | {"place": "x" * 201}, ("$.place", "too-long")),
        (REPORT | {"place": "a\tb"}, ("$.place", "control-character")),
        (REPORT | {"place": "a\n"}, ("$.place", "control-character")),
        (REPORT | {"county": "14050x"}, ("$.county", "wrong-format")),
        (REPORT | {"channel": "rumour"}, ("$.channel", "unknown-value")),
        (REPORT | {"channel": ["inspection"]}, ("$.channel", "unknown-value")),
        (REPORT | {"suggested_grade": "grave"}, ("$.suggested_grade", "unknown-value")),
        (REPORT | {"found_on": "2026-02-30"}, ("$.found_on", "bad-date")),
        (REPORT | {"found_on": "20260201"}, ("$.found_on", "bad-date")),
        (REPORT | {"enterprise": None}, ("$.enterprise", "wrong-type")),
        (REPORT | {"enterprise": {"uscc": None}}, ("$.enterprise.name", "missing-field")),
        (REPORT | {"sector": "alchemy"}, ("$.sector", "unknown-term")),
        (REPORT | {"sector": "危险化学品"}, ("$.sector", "unknown-term")),
        (REPORT | {"place": "a\u202eb"}, ("$.place", "control-character")),
        (REPORT | {"description": "a\u0085b"}, ("$.description", "control-character")),
        ([], ("$", "wrong-type")),
        (None, ("$", "wrong-type")),
    ],
)
def test_a_fault_is_named_by_field_and_code(payload: object, fault: tuple[str, str]) -> None:
    assert faults(payload) == [fault]


@pytest.mark.promise("P1")
def test_every_fault_of_an_event_is_named_at_once() -> None:
    found = faults(without("place") | {"found_on": "x", "extra": 1, "enterprise": {"name": 1, "id": 2}})
    assert {field for field, _ in found} == {
        "$.place",
        "$.found_on",
        "$.extra",
        "$.enterprise.name",
        "$.enterprise.id",
    }


@given(
    st.sampled_from([entry.name for entry in event_types()]),
    st.data(),
    json_values,
)
def test_the_walk_finds_a_fault_exactly_where_the_decoder_refuses(
    name: str, data: st.DataObject, value: object
) -> None:
    entry = lookup(name)
    document = msgspec.json.decode(msgspec.json.encode(examples()[name]))
    holder = data.draw(st.sampled_from([document, *(v for v in document.values() if isinstance(v, dict))]))
    field = data.draw(st.sampled_from([*holder, "novel"]))
    if data.draw(st.booleans()):
        holder[field] = value
    else:
        holder.pop(field, None)
    raw = msgspec.json.encode(document)
    try:
        closed_decoder(entry.model).decode(raw)
    except msgspec.ValidationError:
        assert list(explain(document, entry.model))
    else:
        assert not list(explain(document, entry.model))


@pytest.mark.feature("SY64")
def test_a_claim_in_another_countys_name_is_a_mismatch() -> None:
    found = check_claim(claim(REPORT), "140581")
    assert [(violation.field, violation.code) for violation in found] == [("$.county", "county-mismatch")]


def test_what_only_the_platform_says_is_no_claim() -> None:
    event = example_event(lookup("duban.hazard.closed.v1"))
    assert [violation.code for violation in check_claim(event)] == ["not-a-claim"]


def test_an_unknown_type_is_said_so() -> None:
    assert [violation.code for violation in check_claim(claim({}, "duban.hazard.sold.v1"))] == ["unknown-event-type"]


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b'{"x":' * 40_000 + b"1" + b"}" * 40_000])
def test_bytes_that_are_no_json_are_said_so(data: bytes) -> None:
    event = CloudEvent(id="1", source="s", type=TYPE, data=data)
    assert [violation.code for violation in check_claim(event)] == ["not-json"]


@pytest.mark.parametrize(
    "data",
    [
        b'{"place": "\xff"}',
        b'{"county": "140502", "plaec": "\xff"}',
        b'{"place": "\xed\xa0\x80"}',
        b'{"\xff": 1}',
    ],
)
def test_text_that_is_not_utf8_is_an_answer_and_never_a_crash(data: bytes) -> None:
    event = CloudEvent(id="1", source="s", type=TYPE, data=data)
    assert {violation.code for violation in check_claim(event)} == {"bad-encoding"}
    with pytest.raises(PayloadError):
        decode(event)
    document = b'{"specversion":"1.0","id":"1","source":"s","type":"' + data + b'","data":1}'
    with pytest.raises(EnvelopeError):
        from_structured(document)


@given(st.binary(max_size=60))
def test_any_bytes_inside_a_document_get_an_answer(data: bytes) -> None:
    whole = msgspec.json.encode(REPORT)
    place = whole.index(b'"place":"') + len(b'"place":"')
    event = CloudEvent(id="1", source="s", type=TYPE, data=whole[:place] + data + whole[place:])
    assert isinstance(check_claim(event), list)


def test_an_examined_claim_is_handed_back_decoded() -> None:
    assert examine_claim(claim(REPORT), "140502") == decode(claim(REPORT))
    assert examine_claim(claim(REPORT), "140581") == check_claim(claim(REPORT), "140581") != []


def test_a_hostile_document_is_answered_by_few_short_legible_violations() -> None:
    hostile = {f"\u0000{number}" + "x" * 1000: 1 for number in range(200)}
    found = check_claim(claim(REPORT | hostile))
    assert len(found) == MOST_VIOLATIONS
    for violation in found:
        assert violation.field is not None
        assert violation.rule is not None
        assert len(violation.field) <= 200
        assert len(violation.rule) <= 200
        assert violation.field.isprintable()
        assert violation.message.isprintable()


@given(reports, st.data())
def test_every_answer_fits_the_event_that_carries_it_to_the_county(report: dict[str, Any], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(report)))
    wrong = report | {field: data.draw(json_values)}
    for violation in check_claim(claim(wrong)):
        answer = examples()["duban.claim.rejected.v1"] | {
            "code": violation.code,
            "message": violation.message,
            "field": violation.field,
            "rule": violation.rule,
        }
        assert check_payload(lookup("duban.claim.rejected.v1"), msgspec.json.encode(answer)) == []


def test_an_event_above_the_limit_is_refused_before_it_is_read() -> None:
    padded = msgspec.json.encode(REPORT) + b" " * MOST_EVENT_BYTES
    found = check_claim(CloudEvent(id="1", source="s", type=TYPE, data=padded))
    assert [(violation.field, violation.code) for violation in found] == [("data", "event-too-large")]
    assert check_claim(CloudEvent(id="1", source="s", type=TYPE, data=padded[:MOST_EVENT_BYTES])) == []


def test_a_broken_envelope_is_a_violation_too() -> None:
    found = envelope_violation(EnvelopeError("id", "is required"))
    assert (found.field, found.code) == ("id", "bad-envelope")


@pytest.mark.skipif("MUTANT_UNDER_TEST" in os.environ, reason="each call is several where modules are mutated")
def test_the_check_keeps_up_with_a_flood_since_a_right_event_costs_few_calls() -> None:
    event = claim(REPORT)
    check_claim(event)
    calls: list[str] = []
    sys.setprofile(lambda frame, what, _: calls.append(frame.f_code.co_name) if what.endswith("call") else None)
    try:
        check_claim(event)
    finally:
        sys.setprofile(None)
    # 58 with Python 3.11, which are 7 µs; explaining what is wrong with an event takes thousands.
    assert len(calls) < 100, calls
