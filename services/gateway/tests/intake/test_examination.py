"""The batch parser and the examination of single events, with anything for input."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.catalogue import EventType
from duban_contracts.cloudevents import EnvelopeError, split_batch
from duban_contracts.codec import event_types
from duban_contracts.codes import CODES
from duban_contracts.topics import TopicFamily, claims_topic
from duban_contracts.validation import MOST_EVENT_BYTES
from services.gateway.intake.documents import problem_of
from services.gateway.intake.model.claims import Claim, RefusedEvent, kept_traceparent
from services.gateway.intake.model.examination import Examiner
from services.gateway.tests.world import FOREIGN, HOME, Event, report

TOPIC = claims_topic(HOME)
EXAMINER = Examiner(HOME, TOPIC, None)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = ("specversion", "id", "source", "type", "time", "subject", "traceparent", "aggregateversion", "data")


@st.composite
def damaged(draw: st.DrawFn) -> Event:
    """A right event with some attribute or payload field replaced, removed or added."""
    event = report()
    for _ in range(draw(st.integers(0, 3))):
        where: Event = event if draw(st.booleans()) or not isinstance(event.get("data"), dict) else event["data"]
        name = draw(st.sampled_from(sorted({*FIELDS, *where})) | st.text(min_size=1))
        if draw(st.booleans()):
            where.pop(name, None)
        else:
            where[name] = draw(anything)
    return event


def examined(document: Any) -> Claim | RefusedEvent:
    return EXAMINER.structured(json.dumps(document).encode())


@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_claim_or_a_refusal_with_a_reason(document: bytes) -> None:
    outcome = EXAMINER.structured(document)
    assert isinstance(outcome, RefusedEvent)
    assert outcome.refusals
    assert all(refusal.message and refusal.field and refusal.rule for refusal in outcome.refusals)


@given(damaged())
def test_a_damaged_event_never_raises_and_a_claim_fits_kafka_and_postgresql(event: Event) -> None:
    outcome = examined(event)
    if isinstance(outcome, RefusedEvent):
        problem = problem_of(outcome)
        assert problem.status in {403, 422}
        assert problem.code in CODES
        assert msgspec.json.encode(problem)
        return
    texts = [outcome.event.id, outcome.event.source, outcome.event.type, outcome.reference, outcome.event.subject]
    assert all(text and "\x00" not in text and text.encode() for text in texts)
    assert len(outcome.digest) == 32
    assert outcome.event.partitionkey == outcome.reference


@given(st.binary())
def test_any_bytes_are_a_batch_or_no_batch(document: bytes) -> None:
    try:
        parts = split_batch(document)
    except EnvelopeError:
        return
    # What is cut keeps what it was written with, be it no JSON to the letter.
    lenient = json.JSONDecoder(strict=False)
    read = [lenient.decode(bytes(part).decode(errors="surrogateescape")) for part in parts]
    assert read == lenient.decode(document.decode(errors="surrogateescape"))


@given(st.lists(anything), st.sampled_from([None, 1]))
def test_every_json_array_is_split_into_its_items(items: list[Any], indent: int | None) -> None:
    parts = split_batch(json.dumps(items, indent=indent, ensure_ascii=True).encode())
    assert [json.loads(bytes(part)) for part in parts] == items


@given(st.lists(damaged(), max_size=8), st.sampled_from([None, 1, "\t"]))
def test_a_batch_is_examined_as_its_events_are_one_by_one(events: list[Event], indent: int | str | None) -> None:
    batch = split_batch(json.dumps(events, indent=indent).encode())
    together = [EXAMINER.structured(part) for part in batch]
    alone = [examined(event) for event in events]
    for one, other in zip(together, alone, strict=True):
        if isinstance(one, Claim):
            assert isinstance(other, Claim)
            assert (one.receipt_id, one.digest) == (other.receipt_id, other.digest)
        else:
            assert one == other


@given(st.permutations(sorted(report()["data"])), st.sampled_from([None, 2]))
def test_the_digest_does_not_depend_on_the_order_of_fields_or_the_layout(order: list[str], indent: int | None) -> None:
    event = report()
    first = examined(event)
    event["data"] = {name: event["data"][name] for name in order}
    second = EXAMINER.structured(json.dumps(event, indent=indent, ensure_ascii=False).encode())
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert first.digest == second.digest


@pytest.mark.parametrize("name", ["reference", "channel", "sector", "place", "description", "found_on", "enterprise"])
def test_the_digest_depends_on_every_field(name: str) -> None:
    event = report()
    first = examined(event)
    event["data"][name] = {
        "channel": "self_report",
        "sector": "coal_mine",
        "found_on": "2026-11-19",
        "enterprise": {"name": "另一家"},
    }.get(name, "别的")
    second = examined(event)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert first.digest != second.digest


FIXTURES = Path(__file__).parents[4] / "contracts" / "fixtures"
CLAIMS = [kind for kind in event_types() if kind.family is TopicFamily.CLAIMS]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every text in a JSON document."""
    if isinstance(value, str):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))


@pytest.mark.parametrize("kind", CLAIMS, ids=lambda kind: kind.name)
def test_no_text_of_a_claim_may_hold_what_postgresql_cannot(kind: EventType) -> None:
    document = json.loads((FIXTURES / kind.name / "full.http.json").read_text(encoding="utf-8"))
    assert isinstance(
        Examiner(document["data"]["county"], TOPIC, None).structured(json.dumps(document).encode()), Claim
    )
    for *path, last in leaves(document["data"]):
        damaged_document = copy.deepcopy(document)
        where = damaged_document["data"]
        for key in path:
            where = where[key]
        where[last] += "\x00"
        outcome = Examiner(document["data"]["county"], TOPIC, None).structured(json.dumps(damaged_document).encode())
        assert isinstance(outcome, RefusedEvent), (*path, last)


def test_the_county_of_the_payload_must_be_the_keys() -> None:
    outcome = examined(report(FOREIGN))
    assert isinstance(outcome, RefusedEvent)
    assert outcome.refusals[0].code == "county-mismatch"


def test_an_unusable_event_keeps_the_id_it_claims_to_have() -> None:
    event = report()
    event["specversion"] = "2.0"
    outcome = examined(event)
    assert isinstance(outcome, RefusedEvent)
    assert outcome.event_id == event["id"]


def test_an_event_above_the_limit_is_refused_before_it_is_decoded() -> None:
    outcome = examined(report(description="险" * MOST_EVENT_BYTES))
    assert isinstance(outcome, RefusedEvent)
    assert outcome.refusals[0].code == "event-too-large"


@pytest.mark.parametrize("own", [None, "", "00-1-2-3", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'a' * 32}-{'0' * 16}-01"])
def test_an_invalid_trace_is_replaced_by_the_requests(own: str | None) -> None:
    assert kept_traceparent(own, "request") == "request"
