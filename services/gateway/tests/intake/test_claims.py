"""What a claim that passes the edge is sent as, in both modes, and under which id a bad one is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from duban_contracts.admissible.dates import Present
from duban_contracts.days import Zone
from services.gateway.intake.model.claims import Claim, RefusedEvent
from services.gateway.intake.model.examination import Examiner
from services.gateway.tests.world import HOME, Event, report

pytestmark = pytest.mark.feature("SY64")
TOPIC = f"county.{HOME}.v1"
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"
EXAMINER = Examiner(HOME, TOPIC, TRACE)


def structured(event: Event, examiner: Examiner = EXAMINER) -> Claim | RefusedEvent:
    return examiner.structured(json.dumps(event).encode())


def binary(event: Event, **changes: bytes) -> Claim | RefusedEvent:
    said = {"specversion": "1.0", **{name: value for name, value in event.items() if name != "data"}}
    headers = {f"ce-{name}".encode(): value.encode() for name, value in said.items()}
    headers |= {name.replace("_", "-").encode(): value for name, value in changes.items()}
    return EXAMINER.binary(
        json.dumps(event["data"]).encode(), [(b"content-type", b"application/json"), *headers.items()]
    )


def test_both_modes_make_the_same_claim() -> None:
    event = report()
    one, other = structured(event), binary(event)
    assert isinstance(one, Claim)
    assert isinstance(other, Claim)
    assert (one.receipt_id, one.digest, one.reference) == (other.receipt_id, other.digest, other.reference)
    assert (one.event.id, one.event.source, one.event.time) == (other.event.id, other.event.source, other.event.time)
    assert json.loads(one.event.data) == json.loads(other.event.data) == event["data"]


def test_a_claim_is_sent_under_its_reference_with_the_requests_trace_and_no_version() -> None:
    event = {**report(), "aggregateversion": 7, "partitionkey": "elsewhere"}
    claim = structured(event)
    assert isinstance(claim, Claim)
    reference = event["data"]["reference"]
    assert (claim.reference, claim.event.partitionkey, claim.event.subject) == (reference, reference, reference)
    assert (claim.event.aggregateversion, claim.event.traceparent) == (None, TRACE)
    assert claim.receipt_id == claim.event.identity(TOPIC)
    assert len(claim.digest) == 32


def test_what_the_event_says_of_itself_stays() -> None:
    own = f"00-{'c' * 32}-{'d' * 16}-01"
    claim = structured({**report(), "subject": "its own", "traceparent": own})
    assert isinstance(claim, Claim)
    assert (claim.event.subject, claim.event.traceparent) == ("its own", own)


def test_a_refused_event_keeps_its_id_in_both_modes() -> None:
    event = report(sector="no such sector")
    for outcome in (structured(event), binary(event)):
        assert isinstance(outcome, RefusedEvent)
        assert (outcome.event_id, bool(outcome.refusals)) == (event["id"], True)


def test_an_unreadable_envelope_is_told_under_the_id_it_claims_to_have() -> None:
    event = report()
    for outcome in (structured({**event, "specversion": "2.0"}), binary(event, ce_specversion=b"2.0")):
        assert isinstance(outcome, RefusedEvent)
        assert (outcome.event_id, outcome.refusals[0].code) == (event["id"], "bad-envelope")
    sourceless = {name: value for name, value in event.items() if name != "source"}
    for outcome in (structured(sourceless), binary(sourceless)):
        assert isinstance(outcome, RefusedEvent)
        assert outcome.event_id == event["id"]
    nameless = EXAMINER.structured(b"[]")
    assert isinstance(nameless, RefusedEvent)
    assert nameless.event_id is None
    broken = binary(sourceless, ce_id=b"e-\xff")
    assert isinstance(broken, RefusedEvent)
    assert broken.event_id is not None
    assert broken.event_id.startswith("e-")


def test_dates_are_judged_by_the_present_day() -> None:
    present = Present.at(datetime(2026, 11, 21, 4, tzinfo=UTC), Zone("Asia/Shanghai"))
    event = report(found_on="2026-12-24")
    assert isinstance(structured(event), Claim)
    assert isinstance(structured(event, Examiner(HOME, TOPIC, None, present)), RefusedEvent)


def test_an_unreadable_event_without_an_id_or_with_one_that_is_no_text_is_told_under_none() -> None:
    event = {name: value for name, value in report().items() if name not in {"source", "id"}}
    for outcome in (structured({**event, "id": ["x"]}), structured(event), binary(event), binary(event, ce_id=b"")):
        assert isinstance(outcome, RefusedEvent)
        assert outcome.event_id is None
