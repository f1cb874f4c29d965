"""What becomes of a request's events, once it is known which of their ids were used before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from uuid import UUID

import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import digest_of, encode
from duban_contracts.events.claims import TaskReported
from duban_contracts.refusals import refusal
from duban_contracts.testing.claims import example, report, sent
from services.gateway.intake.model.claims import Claim, RefusedEvent
from services.gateway.intake.model.outcomes import Outcome, Queued, due, first_of_each, outcome_of, standing
from services.gateway.receipts.model import Earlier

pytestmark = [pytest.mark.feature("SY64"), pytest.mark.promise("P1")]
EVENT: CloudEvent = sent(report(), event_id="e-1")


def claim(number: int, content: bytes = b"one") -> Claim:
    return Claim(EVENT, UUID(int=number), "AQ-1", content)


FIRST, SECOND = claim(1), claim(2)
BAD = RefusedEvent("e-9", (refusal("not-a-claim", field="type", type="x"),))
QUEUED = Queued("e-1", UUID(int=1))
REUSED = RefusedEvent("e-1", (refusal("id-reused", field="id"),), UUID(int=1))


def test_of_several_claims_of_one_id_the_first_counts() -> None:
    distinct = first_of_each([SECOND, BAD, FIRST, claim(1, b"other")])
    assert list(distinct.items()) == [(UUID(int=2), SECOND), (UUID(int=1), FIRST)]


def settled(
    *examined: Claim | RefusedEvent, known: Mapping[UUID, Earlier] | None = None
) -> tuple[list[Claim], list[Outcome]]:
    """What is sent of a round's events, and what each is told."""
    stands = standing(examined, first_of_each(examined), known or {})
    return due(stands, known or {}), [outcome_of(item, stands) for item in examined]


def test_new_ids_are_sent_in_order() -> None:
    assert settled(SECOND, FIRST)[0] == [SECOND, FIRST]


@pytest.mark.parametrize(
    ("known", "again"),
    [
        (Earlier(b"one", answered=False), True),
        # What the ledger has answered is in the ledger.
        (Earlier(b"one", answered=True), False),
        # It would take other content for a repeat, and drop it.
        (Earlier(b"other", answered=False), False),
        (Earlier(b"other", answered=True), False),
        # Known from the topic alone: nobody can say that it is the same.
        (Earlier(None, answered=True), False),
    ],
)
def test_an_id_that_was_used_is_sent_again_only_while_nobody_answered_the_same_content(
    known: Earlier, *, again: bool
) -> None:
    assert settled(FIRST, known={FIRST.receipt_id: known})[0] == ([FIRST] if again else [])


def test_a_claim_whose_content_is_known_under_its_id_gets_that_receipt() -> None:
    assert settled(FIRST)[1] == [QUEUED]
    assert settled(FIRST, known={UUID(int=1): Earlier(b"one", answered=True)}) == ([], [QUEUED])


def test_an_id_that_stands_for_other_content_is_refused_and_names_the_receipt() -> None:
    for known in (Earlier(b"other", answered=False), Earlier(None, answered=True)):
        assert settled(FIRST, known={UUID(int=1): known}) == ([], [REUSED])


def test_of_two_contents_of_one_id_the_first_stands() -> None:
    assert settled(FIRST, claim(1, b"other")) == ([FIRST], [QUEUED, REUSED])


def test_of_two_contents_of_one_id_the_one_that_was_reserved_before_stands() -> None:
    other = claim(1, b"other")
    assert settled(FIRST, other, known={UUID(int=1): Earlier(b"other", answered=False)}) == ([other], [REUSED, QUEUED])
    assert settled(FIRST, other, known={UUID(int=1): Earlier(b"third", answered=False)}) == ([], [REUSED, REUSED])


def test_what_a_release_kept_to_which_order_counted_in_a_table_is_known_again() -> None:
    data = example(TaskReported, today=date(2026, 11, 21), figures={"bb": 2.0, "aa": 1.0})
    event = sent(data, event_id="e-1")
    kept = sha256(event.type.encode() + b"\n" + encode(data)).digest()
    again = Claim(event, UUID(int=1), "AQ-1", digest_of(event.type, data))
    assert again.digest != kept
    assert settled(again, known={UUID(int=1): Earlier(kept, answered=True)}) == ([], [QUEUED])
    assert settled(again, known={UUID(int=1): Earlier(b"other", answered=True)}) == ([], [REUSED])


def test_what_was_refused_stays_refused() -> None:
    assert settled(BAD) == ([], [BAD])
