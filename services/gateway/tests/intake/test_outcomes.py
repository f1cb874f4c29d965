"""What becomes of a request's events, once it is known which of their ids were used before."""

from __future__ import annotations

from uuid import UUID

import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.refusals import refusal
from duban_contracts.testing.claims import report, sent
from services.gateway.intake.model.claims import Claim, Refused
from services.gateway.intake.model.outcomes import Queued, due, first_of_each, outcome_of
from services.gateway.receipts.model import Earlier

pytestmark = [pytest.mark.feature("SY64"), pytest.mark.promise("P1")]
EVENT: CloudEvent = sent(report(), event_id="e-1")


def claim(number: int, content: bytes = b"one") -> Claim:
    return Claim(EVENT, UUID(int=number), "AQ-1", content)


FIRST, SECOND = claim(1), claim(2)
BAD = Refused("e-9", (refusal("not-a-claim", field="type", type="x"),))
REUSED = Refused("e-1", (refusal("id-reused", field="id"),), UUID(int=1))


def test_of_several_claims_of_one_id_the_first_counts() -> None:
    distinct = first_of_each([SECOND, BAD, FIRST, claim(1, b"other")])
    assert list(distinct.items()) == [(UUID(int=2), SECOND), (UUID(int=1), FIRST)]


def test_new_ids_are_sent_in_order() -> None:
    assert due(first_of_each([SECOND, FIRST]), {}) == [SECOND, FIRST]


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
    assert due({FIRST.receipt_id: FIRST}, {FIRST.receipt_id: known}) == ([FIRST] if again else [])


def test_a_claim_whose_content_is_known_under_its_id_gets_that_receipt() -> None:
    distinct = first_of_each([FIRST])
    queued = Queued("e-1", UUID(int=1))
    assert outcome_of(FIRST, distinct, {}) == queued
    assert outcome_of(FIRST, distinct, {UUID(int=1): Earlier(b"one", answered=True)}) == queued


def test_an_id_that_stands_for_other_content_is_refused_and_names_the_receipt() -> None:
    distinct = first_of_each([FIRST])
    assert outcome_of(FIRST, distinct, {UUID(int=1): Earlier(b"other", answered=False)}) == REUSED
    assert outcome_of(FIRST, distinct, {UUID(int=1): Earlier(None, answered=True)}) == REUSED


def test_within_one_request_the_second_content_of_an_id_is_refused() -> None:
    distinct = first_of_each([FIRST, claim(1, b"other")])
    assert outcome_of(claim(1, b"other"), distinct, {}) == REUSED
    # The first is refused too when the id stood for the second's content before.
    known = {UUID(int=1): Earlier(b"other", answered=False)}
    assert outcome_of(FIRST, distinct, known) == outcome_of(claim(1, b"other"), distinct, known) == REUSED


def test_what_was_refused_stays_refused() -> None:
    assert outcome_of(BAD, {}, {}) is BAD
