"""A quick look spares the close one most of the time, and never says yes where the close one says no."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.tests.strategies import reports
from duban_contracts.admissible import texts
from duban_contracts.catalogue import EventType
from duban_contracts.closed import plainly_closed
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode, lookup
from duban_contracts.envelope import MAX_ATTRIBUTE_LENGTH, EnvelopeError, text_attribute
from duban_contracts.examples import example_event
from duban_contracts.not_json import NOT_JSON
from duban_contracts.terms import check_terms
from duban_contracts.validation import check_payload, examine_claim

REPORTED = lookup("duban.hazard.reported.v1")
RECTIFIED = lookup("duban.hazard.rectified.v1")
CLAIMED = json.loads(example_event(RECTIFIED).data)

# What a colon or its escape may do to a count, beside what any text may hold.
odd_texts = st.sampled_from(
    ["12:30", ":", "::", '":', "\\u003a", "a\\:b", '"county":', "ok", "\u3000", "a\x85", "\ufeff"]
)
any_texts = odd_texts | st.text(max_size=12)
names = st.sampled_from(["county", "uscc", "name", "township", "nick", "sha256", "a:b", "", "enterprise", "measures"])


@st.composite
def members(draw: st.DrawFn, document: dict[str, Any]) -> list[tuple[str, Any]]:
    """The members of an object as somebody may write them: some changed, some more than once, some unknown."""
    pairs = list(document.items())
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(pairs)))
        value = draw(any_texts | st.none() | st.sampled_from([value for _, value in pairs] or [1]))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            pairs.insert(place, (draw(names), value))
        elif kind == 1 and pairs:
            pairs.insert(place, draw(st.sampled_from(pairs)))
        elif kind == 2 and pairs:
            name, _ = pairs[place % len(pairs)]
            pairs[place % len(pairs)] = (name, value)
    return pairs


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """A JSON text of a value: with or without escapes and blanks."""
    if isinstance(value, dict):
        ascii_only = draw(st.booleans())
        held = [
            f"{json.dumps(name, ensure_ascii=ascii_only)}{draw(st.sampled_from([':', ' : ']))}{draw(written(item))}"
            for name, item in draw(members(value))
        ]
        return "{" + ", ".join(held) + "}"
    if isinstance(value, list):
        return "[" + ",".join(draw(written(item)) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    return text.replace(":", "\\u003A") if draw(st.integers(0, 3)) == 0 else text


payloads = st.one_of(
    reports.flatmap(written).map(lambda text: (REPORTED, text)),
    st.just(CLAIMED).flatmap(written).map(lambda text: (RECTIFIED, text)),
)


@given(payloads)
def test_what_is_plainly_closed_is_taken_by_the_closed_twin_and_repeats_nothing(sent: tuple[EventType, str]) -> None:
    entry, text = sent
    data = text.encode(errors="surrogatepass")
    try:
        entry.decoder.decode(data)
    except NOT_JSON:
        return
    if plainly_closed(entry.model, data):
        assert check_payload(entry, data) == []


@given(payloads)
def test_a_claim_gets_the_verdict_of_the_close_look(sent: tuple[EventType, str]) -> None:
    entry, text = sent
    data = text.encode(errors="surrogatepass")
    event = CloudEvent(id="1", source="/a", type=entry.name, data=data)
    closely = check_payload(entry, data)
    if not closely:
        decoded = decode(event)
        closely = check_terms(decoded)
        assert examine_claim(event, decoded=decoded) == (closely or decoded)
    assert examine_claim(event) == (closely or decode(event))


@given(reports, st.sampled_from([None, 1]))
def test_an_honest_report_needs_the_quick_look_only(report: dict[str, Any], indent: int | None) -> None:
    data = json.dumps(report | {"place": "值班室 12:30"}, ensure_ascii=False, indent=indent).encode()
    assert plainly_closed(REPORTED.model, data) or b"\\u003" in data


def test_a_mapping_whose_names_nobody_knows_beforehand_is_looked_at_closely() -> None:
    entry = lookup("duban.ledger.heartbeat.v1")
    data = example_event(entry).data
    assert not plainly_closed(entry.model, data)
    assert check_payload(entry, data) == []


@pytest.mark.parametrize("kind", ["hazard.reported.v1", "hazard.rectified.v1", "rectification.planned.v1"])
def test_the_busiest_claims_need_the_quick_look_only(kind: str) -> None:
    entry = lookup(f"duban.{kind}")
    data = example_event(entry).data
    assert plainly_closed(entry.model, data)
    assert not plainly_closed(entry.model, data[:-1] + b',"nick":1}')


@given(st.text(max_size=30) | any_texts)
def test_what_is_plain_fits_everywhere_and_says_something(text: str) -> None:
    if texts.is_plain(text):
        assert texts.fits_line(text)
        assert texts.fits_lines(text)
        assert not texts.is_blank(text)


@given(st.one_of(st.text(max_size=30), any_texts, st.integers(500, 530).map(lambda length: "x" * length)))
def test_an_attribute_is_the_same_from_text_and_from_bytes_and_by_either_look(text: str) -> None:
    wrong = not texts.fits_line(text) or len(text) > MAX_ATTRIBUTE_LENGTH
    right = None if texts.is_blank(text) else text
    for value in (text, text.encode(errors="surrogatepass")):
        if wrong:
            with pytest.raises(EnvelopeError):
                text_attribute("subject", value)
        else:
            assert text_attribute("subject", value) == right


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])), st.just("t")
)
def test_an_identity_is_the_uuid_of_its_name(event_id: str, source: str, topic: str) -> None:
    event = CloudEvent(id=event_id, source=source, type="t", data=b"")
    namespace = UUID("6f0d2b7e-6c1b-5f0a-9a9e-2d6d7561626e")
    assert event.identity(topic) == uuid5(namespace, f"{topic}\n{source}\n{event_id}")
