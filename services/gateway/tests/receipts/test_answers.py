"""What the ledger's answers mean for receipts, and which of several stands."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.catalogue import registered
from duban_contracts.events.feedback import (
    ClaimEvent,
    ClaimFiled,
    ClaimOutcome,
    ClaimRecorded,
    ClaimRejected,
    ClaimWaiting,
    SettledClaim,
)
from duban_contracts.examples import examples
from duban_contracts.testing.stories import confirmed
from services.gateway.receipts.model import Answer, Receipt, ReceiptStatus, answer_of, is_misnamed, standing

pytestmark = pytest.mark.feature("SY64")
NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
RECEIPT = UUID(int=1)
ABOUT: dict[str, Any] = {
    "county": "140502",
    "origin": "county.140502.v1/0/7",
    "receipt_id": str(RECEIPT),
    "claim_id": "e-1",
    "claim_source": "/county/140502",
    "claim_type": "duban.hazard.reported.v1",
    "reference": "AQ-1",
    "answered_at": NOON.astimezone(timezone(timedelta(hours=8))),
}
CLAIM: dict[str, Any] = {
    "receipt_id": RECEIPT,
    "county": "140502",
    "origin": "county.140502.v1/0/7",
    "answered_at": NOON,
    "event_id": "e-1",
    "source": "/county/140502",
    "type": "duban.hazard.reported.v1",
    "reference": "AQ-1",
}
RECORDED = ClaimRecorded(
    **ABOUT,
    hazard_id="h-1",
    number="JC-1",
    outcome=ClaimOutcome.REGISTERED,
    linked_reference="AQ-1",
    message="同一编号",
)


@pytest.mark.parametrize("written", ["7", "not-an-id", "0190163d-8694-739b-aea5-966c26f8ad9", "收据"])
def test_an_answer_whose_receipt_id_is_none_is_kept_by_the_claims_place(written: str) -> None:
    wrong = msgspec.structs.replace(RECORDED, receipt_id=written)
    nameless = msgspec.structs.replace(RECORDED, receipt_id=None)
    assert (is_misnamed(wrong), is_misnamed(nameless), is_misnamed(RECORDED)) == (True, False, False)
    found, same = answer_of(wrong), answer_of(nameless)
    assert found is not None
    assert found == same
    assert (found.number, found.event_id) == ("JC-1", "e-1")
    assert not is_misnamed(confirmed().last)


def test_a_recorded_claim_names_its_hazard() -> None:
    assert answer_of(RECORDED) == Answer(
        **CLAIM,
        status=ReceiptStatus.RECORDED,
        outcome="registered",
        hazard_id="h-1",
        number="JC-1",
        linked_reference="AQ-1",
        message="同一编号",
    )


def test_a_filing_names_its_task() -> None:
    filed = ClaimFiled(
        **ABOUT, task_id="t-1", number="RW2026-1", outcome=ClaimOutcome.APPLIED, late=True, message="记为迟报"
    )
    assert answer_of(filed) == Answer(
        **CLAIM,
        status=ReceiptStatus.RECORDED,
        outcome="applied",
        task_id="t-1",
        number="RW2026-1",
        message="记为迟报",
    )


def test_a_rejected_claim_names_the_reason() -> None:
    rejected = ClaimRejected(**ABOUT, code="already-closed", message="该隐患已销号", field="$.reference", rule="open")
    assert answer_of(rejected) == Answer(
        **CLAIM,
        status=ReceiptStatus.REJECTED,
        code="already-closed",
        message="该隐患已销号",
        field="$.reference",
        rule="open",
    )


def test_a_waiting_claim_is_still_queued() -> None:
    answer = answer_of(ClaimWaiting(**ABOUT, waiting_for="report"))
    assert answer == Answer(**CLAIM, status=ReceiptStatus.QUEUED, waiting_for="report")
    assert answer.answered_at.tzinfo is UTC
    assert not answer.is_final


def test_the_copies_of_hazard_events_are_passed_over() -> None:
    assert answer_of(confirmed().last) is None


def test_an_unreadable_record_has_one_receipt_by_its_place_in_the_log() -> None:
    nameless = {name: None for name in ABOUT if name not in {"county", "origin", "answered_at"}}

    def receipt_id(origin: str) -> UUID:
        about = {**ABOUT, **nameless, "origin": origin}
        answer = answer_of(ClaimRejected(**about, code="bad-envelope", message="不是事件"))
        assert answer is not None
        return answer.receipt_id

    assert (
        receipt_id("county.140502.v1/0/7") == receipt_id("county.140502.v1/0/7") != receipt_id("county.140502.v1/0/8")
    )
    assert str(receipt_id("county.140502.v1/0/7")) == "d9ba2658-cff6-564e-ad47-ef5a242c2666"


def _answer(status: ReceiptStatus, minutes: int = 0, receipt_id: UUID = RECEIPT) -> Answer:
    return Answer(receipt_id, "140502", "o", status, NOON + timedelta(minutes=minutes))


def test_a_final_answer_outlasts_a_waiting_one_and_of_two_alike_the_later_stands() -> None:
    final, waiting = _answer(ReceiptStatus.REJECTED), _answer(ReceiptStatus.QUEUED, 9)
    assert final.supersedes(waiting)
    assert not waiting.supersedes(final)
    assert _answer(ReceiptStatus.RECORDED, 1).supersedes(final)
    assert not final.supersedes(_answer(ReceiptStatus.RECORDED, 1))
    assert final.supersedes(_answer(ReceiptStatus.RECORDED))


def test_each_receipt_gets_one_answer_in_the_order_of_their_ids() -> None:
    answers = [_answer(ReceiptStatus.RECORDED, 0, UUID(int=n)) for n in (3, 1, 2, 1)]
    assert [answer.receipt_id.int for answer in standing(answers)] == [1, 2, 3]


answers = st.builds(
    Answer,
    receipt_id=st.sampled_from([UUID(int=1), UUID(int=2)]),
    county=st.just("140502"),
    origin=st.just("county.140502.v1/0/1"),
    status=st.sampled_from(ReceiptStatus),
    answered_at=st.integers(0, 10**6).map(lambda minutes: NOON + timedelta(minutes=minutes)),
)


@given(st.lists(answers, unique_by=lambda answer: (answer.receipt_id, answer.answered_at)), st.randoms())
def test_which_answer_stands_does_not_depend_on_the_order_of_arrival(known: list[Answer], random: Any) -> None:
    shuffled = list(known)
    random.shuffle(shuffled)
    half = len(shuffled) // 2
    assert standing(shuffled) == standing(known)
    assert standing([*standing(shuffled[:half]), *standing(shuffled[half:])]) == standing(known)


@given(status=st.sampled_from(ReceiptStatus), answered=st.booleans())
def test_a_receipt_is_another_with_each_answer_and_as_the_answer_says_where_it_stands(
    *, status: ReceiptStatus, answered: bool
) -> None:
    answer = _answer(status)
    unsaid: dict[str, Any] = dict.fromkeys(each.name for each in fields(Receipt))
    receipt = Receipt(
        **unsaid
        | {
            "receipt_id": RECEIPT,
            "county": "140502",
            "position": 1,
            "status": status if answered else ReceiptStatus.QUEUED,
            "answered_at": answer.answered_at if answered else None,
        }
    )
    assert (receipt.stamp == answer.stamp) == answered
    assert answer.stamp != _answer(status, minutes=1).stamp
    assert receipt.is_final == (answered and answer.is_final) == (receipt.status in ("recorded", "rejected"))


def test_every_answer_that_settles_a_claim_is_recorded_and_the_others_are_not() -> None:
    for entry in registered():
        data = entry.decoder.decode(msgspec.json.encode(examples()[entry.name]))
        if isinstance(data, ClaimEvent):
            found = answer_of(data)
            assert found is not None, entry.name
            assert (found.status is ReceiptStatus.RECORDED) == isinstance(data, SettledClaim), entry.name
            # Without an outcome nobody knew what it did.
            assert (found.outcome is not None) == isinstance(data, SettledClaim), entry.name
