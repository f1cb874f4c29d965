"""A batch of claims settled in memory: what is recorded, what each county is told, what waits (promise P1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimRecorded, ClaimRejected
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Grade, HazardState
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from duban_contracts.testing.claims import plan, rectification, report
from duban_contracts.topics import claims_topic
from services.chassis.consuming.deliveries import RawRecord
from services.ledger.claims.handlers.books import Pages
from services.ledger.claims.handlers.settlement import Screened, settle_claims
from services.ledger.claims.model.decisions import WaitingFor
from services.ledger.hazards.moves import Reject
from services.ledger.tests.people import HOME
from services.ledger.tests.settling import Batch, early, word
from services.ledger.tests.telling import CITY as REGULATOR
from services.ledger.tests.telling import CONFIRM, MAJOR, NOON


@pytest.mark.feature("SY24")
def test_a_report_is_one_hazard_however_often_and_under_however_many_ids_it_is_sent() -> None:
    batch = Batch().take(report(), report(), report())
    assert batch.told == ["registered", "duplicate", "duplicate"]
    assert {a.number for a in batch.answers if isinstance(a, ClaimRecorded)} == {f"{HOME}-2026-000001"}
    assert (batch.hazard.version, batch.hazard.township_code) == (1, None)


def test_an_answer_names_its_claim_so_that_receipt_and_record_are_found() -> None:
    batch = Batch()
    claim = report(township="东街")
    delivery = batch.delivery(claim)
    settle_claims([Screened(delivery, HOME, claim)], batch.settlement, batch._numbers, Pages())
    [answer] = batch.answers
    assert isinstance(answer, ClaimRecorded)
    assert (answer.claim_id, answer.claim_source, answer.claim_type) == (
        delivery.event.id,
        delivery.event.source,
        delivery.event.type,
    )
    assert (answer.receipt_id, answer.origin) == (str(delivery.identity), delivery.record.origin)
    assert (answer.reference, answer.hazard_id, answer.answered_at) == ("AQ-1", batch.hazard.hazard_id, NOON)
    assert batch.hazard.township_code == "140502001"


def test_other_content_corrects_while_it_is_only_reported_and_is_refused_afterwards() -> None:
    batch = Batch().take(report(), report(place="储罐区西侧", sector="industry_trade"))
    assert (batch.hazard.place, batch.hazard.sector, batch.hazard.version) == ("储罐区西侧", "industry_trade", 2)
    batch.moves(CONFIRM).take(report(place="别处"))
    assert batch.told == ["registered", "corrected", "reference-already-confirmed"]
    assert (batch.hazard.place, batch.hazard.version) == ("储罐区西侧", 3)


def test_what_comes_before_its_report_waits_for_it_and_then_for_the_confirmation() -> None:
    batch = Batch().take(rectification(completed_on=june(1)), plan(), report())
    assert batch.waiting == [WaitingFor.CONFIRMATION] * 2
    assert batch.told == [
        "waits for report",
        "waits for report",
        "registered",
        # Told of both, plans first.
        "waits for confirmation",
        "waits for confirmation",
    ]
    # The plan was sent last, and a major hazard needs it first.
    batch.moves(MAJOR)
    assert (batch.hazard.state, batch.hazard.version, batch.waiting) == (HazardState.IN_REVIEW, 4, [])
    assert batch.told[5:] == ["applied", "applied"]


@pytest.mark.feature("SY24")
@pytest.mark.parametrize("reference", ["tip/JB-1", "ｔｉｐ／JB-1", " tip/JB-1"])
def test_no_county_takes_a_reference_that_is_kept_for_tips_and_its_number_goes_to_nobody(reference: str) -> None:
    batch = Batch().take(report(reference), report(reference, place="西侧"), report())
    assert batch.told == ["reference-reserved", "reference-reserved", "registered"]
    assert batch.hazard.number.endswith("-000001")
    assert not batch.hazard.is_of_tip


@pytest.mark.promise("P3")
def test_a_submission_that_waited_counts_from_when_the_broker_took_it() -> None:
    batch = Batch(early(rectification(completed_on=june(1)), stage=WaitingFor.REPORT)).take(report())
    batch.moves(CONFIRM)
    assert (batch.hazard.state, batch.hazard.submitted_at) == (HazardState.IN_REVIEW, NOON - timedelta(days=1))


def test_what_waits_is_told_so_once_per_stage() -> None:
    waits = early(plan(), stage=WaitingFor.CONFIRMATION)
    batch = Batch(waits).take(report())
    assert batch.told == ["registered"]
    assert batch.waiting == [WaitingFor.CONFIRMATION]


def test_what_waits_for_a_report_that_is_rejected_is_refused() -> None:
    batch = Batch().take(report(), rectification()).moves(Reject(reason="经核实不构成隐患"))
    assert batch.told == ["registered", "waits for confirmation", "hazard-rejected"]
    assert (batch.hazard.state, batch.waiting) == (HazardState.REJECTED, [])


def test_a_second_submission_under_review_is_a_duplicate_or_refused() -> None:
    done: dict[str, Any] = {"completed_on": june(1)}
    batch = Batch().take(report()).moves(CONFIRM)
    batch.take(rectification(**done), rectification(**done), rectification(measures="另一种措施", **done))
    assert batch.told == ["registered", "applied", "duplicate", "already-in-review"]
    assert batch.hazard.version == 3


def test_a_submission_of_a_major_hazard_is_applied_as_soon_as_its_plan_is() -> None:
    done: dict[str, Any] = {"completed_on": june(1)}
    batch = Batch().take(report()).moves(MAJOR).take(rectification(**done), plan(), rectification(**done))
    assert batch.told == ["registered", "waits for plan", "applied", "applied", "duplicate"]
    assert (batch.hazard.grade, batch.hazard.state) == (Grade.MAJOR, HazardState.IN_REVIEW)


@pytest.mark.promise("P7")
def test_a_claim_in_another_countys_name_is_refused_to_the_one_who_spoke_and_neighbours_go_on() -> None:
    batch = Batch().take(report("AQ-2"), county="140521").take(report(sector="no_such_sector"), report())
    refused, wrong, right = batch.answers
    assert isinstance(refused, ClaimRejected)
    assert (refused.code, refused.county, refused.field, refused.reference) == (
        "county-mismatch",
        "140521",
        "$.county",
        "AQ-2",
    )
    assert [word(wrong), word(right)] == ["unknown-term", "registered"]
    assert [kept.refusal.code for kept in batch.settlement.rejected] == ["county-mismatch", "unknown-term"]
    assert [topic for topic, event in batch.said if isinstance(decode(event), ClaimRejected)] == [
        "county.140521.feedback.v1",
        "county.140502.feedback.v1",
    ]


def test_a_record_that_can_not_be_read_is_answered_under_its_origin() -> None:
    batch = Batch()
    record = RawRecord(claims_topic(HOME), 3, 7, NOON, b"k", b"no json", [])
    batch.settlement.refuse(record, None, Refusal("bad-envelope", "x" * 5000, "x\x00y", "1.0"), county=HOME)
    [answer] = batch.answers
    assert isinstance(answer, ClaimRejected)
    assert (answer.origin, answer.receipt_id, answer.claim_id) == ("county.140502.v1/3/7", None, None)
    assert (len(answer.message), "\x00" in (answer.field or "")) == (4000, False)
    assert answer.rule == "1.0"
    assert [(event.partitionkey, event.time) for _, event in batch.said] == [("county.140502.v1/3/7", NOON)]


@pytest.mark.promise("P2")
def test_every_event_but_registration_is_copied_to_the_county_in_the_order_of_the_history() -> None:
    batch = Batch().take(report(), plan()).moves(CONFIRM)
    history = [e for topic, e in batch.said if topic == "ledger.hazard.v1"]
    copies = [e for topic, e in batch.said if topic != "ledger.hazard.v1" and isinstance(decode(e), HazardEvent)]
    assert [event.aggregateversion for event in history] == [1, 2, 3]
    assert [(e.id, e.data, e.partitionkey) for e in copies] == [(e.id, e.data, "AQ-1") for e in history[1:]]
    assert {event.partitionkey for event in history} == {batch.hazard.hazard_id}
    # What a claim caused names it.
    assert history[0].causationid == "e-0"


def test_a_hazards_next_event_is_never_before_its_last() -> None:
    batch = Batch().take(report())
    later = msgspec.structs.replace(batch.hazard, changed_at=NOON + timedelta(minutes=5))
    stamp = batch.journal.stamp(REGULATOR, later)
    assert (stamp.at, stamp.received_at) == (later.changed_at, later.changed_at)
    assert batch.journal.stamp(REGULATOR, later, NOON).received_at == NOON


def test_the_county_is_told_that_a_newer_report_stands() -> None:
    batch = Batch().take(report()).take(report(place="旧"), at=NOON - timedelta(minutes=5))
    assert batch.told == ["registered", "duplicate"]
    answer = batch.answers[-1]
    assert isinstance(answer, ClaimRecorded)
    assert answer.message == "已有较新的上报入账，本条内容不再采用"
    assert batch.hazard.version == 1
