"""What becomes of one claim: recorded, repeated, waiting or refused (promise P1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from duban_contracts.admissible.dates import Present
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode, encode
from duban_contracts.events.feedback import ClaimOutcome
from duban_contracts.events.hazards import HazardCorrected, HazardSubmitted
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.events.types import Channel, Enterprise, Evidence, Grade, HazardState
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import ZONE, june
from duban_contracts.testing.claims import plan, rectification, report, sent
from duban_contracts.validation import unreadable
from services.ledger.claims.model import decisions
from services.ledger.claims.model.decisions import ClaimDecision, FollowUp, Recorded, Repeated, WaitingFor, Waits
from services.ledger.hazards.model import REPORTED_FIELDS, Hazard, evolve
from services.ledger.hazards.moves import Close, Regrade, Reject
from services.ledger.tests.telling import CITY, COUNTY, NOON, RETURN, SUBMIT, by, confirmed, does, in_review

MACHINE = decisions.integrator("140502")
UNREADABLE = Refusal("invalid-payload", "x")


def reported() -> Hazard:
    return evolve(None, decisions.report(report(), "h-1", "140502-2026-000001", "140502001", by(MACHINE)).event)


def follow_up(hazard: Hazard | None, claim: FollowUp) -> ClaimDecision:
    return decisions.follow_up(hazard, claim, by(decisions.submitter(claim)))


def code(decision: ClaimDecision) -> str:
    assert isinstance(decision, Refusal), decision
    return decision.code


@pytest.mark.feature("SY24")
def test_a_report_makes_a_hazard_of_what_it_says() -> None:
    hazard = reported()
    said = report()
    assert all(getattr(hazard, name) == getattr(said, name) for name in ("channel", "sector", "enterprise", "place"))
    assert (hazard.number, hazard.township_code, hazard.state) == (
        "140502-2026-000001",
        "140502001",
        HazardState.REPORTED,
    )


@pytest.mark.feature("SY24")
def test_a_county_that_had_such_a_reference_before_it_was_kept_for_tips_goes_on_with_it() -> None:
    own = report("tip/AQ-1")
    hazard = evolve(None, decisions.report(own, "h-1", "140502-2026-000001", "140502001", by(MACHINE)).event)
    assert not hazard.is_of_tip
    assert isinstance(decisions.report_again(hazard, own, "140502001", by(MACHINE)), Repeated)
    other = decisions.report_again(hazard, report("tip/AQ-1", place="西侧"), "140502001", by(MACHINE))
    assert isinstance(other, Recorded)
    verified = evolve(None, decisions.report(own, "h-2", "140502-2026-000002", None, by(COUNTY)).event)
    assert verified.is_of_tip
    assert code(decisions.report_again(verified, own, None, by(MACHINE))) == "reference-of-another"


@pytest.mark.feature("SY24")
def test_the_same_report_again_changes_nothing_and_other_content_corrects() -> None:
    again = decisions.report_again(reported(), report(), "140502001", by(MACHINE))
    assert isinstance(again, Repeated)
    changes: dict[str, Any] = {
        "channel": Channel.SELF_REPORT,
        "sector": "coal_mine",
        "enterprise": Enterprise(name="另一企业（虚构）"),
        "place": "西侧",
        "description": "另一处失效",
        "found_on": june(2),
        "suggested_grade": Grade.MAJOR,
        "township": "西街",
    }
    assert set(changes) == set(REPORTED_FIELDS)
    for name, value in changes.items():
        other = decisions.report_again(reported(), report(**{name: value}), "140502002", by(MACHINE))
        assert isinstance(other, Recorded)
        assert isinstance(other.event, HazardCorrected)
        assert other.outcome is ClaimOutcome.CORRECTED
        corrected = evolve(reported(), other.event)
        assert (getattr(corrected, name), corrected.township_code) == (value, "140502002")


def test_other_content_after_confirmation_is_refused_and_the_same_is_a_repetition() -> None:
    other, same = report(place="别处"), report()
    confirmed_one = msgspec.structs.replace(reported(), state=HazardState.CONFIRMED)
    found = decisions.report_again(confirmed_one, other, None, by(MACHINE))
    assert isinstance(found, Refusal)
    assert (found.code, found.status, found.field) == ("reference-already-confirmed", 409, "reference")
    assert isinstance(decisions.report_again(confirmed_one, same, None, by(MACHINE)), Repeated)
    rejected = does(reported(), (Reject(reason="不构成"), COUNTY))
    assert code(decisions.report_again(rejected, other, None, by(MACHINE))) == "hazard-rejected"


def test_a_follow_up_waits_for_the_report_and_then_for_its_confirmation() -> None:
    for claim in (rectification(), plan()):
        assert follow_up(None, claim) == Waits(WaitingFor.REPORT)
        assert follow_up(reported(), claim) == Waits(WaitingFor.CONFIRMATION)


def test_the_same_words_under_review_are_a_repetition_and_after_a_return_a_new_submission() -> None:
    claim = rectification(measures=SUBMIT.measures, completed_on=SUBMIT.completed_on)
    assert isinstance(follow_up(in_review(), claim), Repeated)
    closed = does(in_review(), (Close(review="合格"), COUNTY))
    assert isinstance(follow_up(closed, claim), Repeated)
    assert isinstance(follow_up(does(in_review(), (RETURN, COUNTY)), claim), Recorded)


def test_what_comes_too_late_is_refused_by_its_own_code() -> None:
    other = rectification(measures="另一种措施", completed_on=june(1))
    assert code(follow_up(in_review(), other)) == "already-in-review"
    assert code(follow_up(does(in_review(), (Close(review="合格"), COUNTY)), other)) == "already-closed"
    assert code(follow_up(does(reported(), (Reject(reason="不构成"), CITY)), other)) == "hazard-rejected"


def test_the_same_plan_is_a_repetition_and_another_one_is_recorded() -> None:
    first = follow_up(confirmed(), plan())
    assert isinstance(first, Recorded)
    planned = evolve(confirmed(), first.event)
    assert isinstance(follow_up(planned, plan()), Repeated)
    assert isinstance(follow_up(planned, plan(responsible_post="总经理")), Recorded)


@pytest.mark.promise("P3")
@pytest.mark.feature("SY28")
def test_the_same_plan_does_not_do_any_more_once_the_hazard_is_major() -> None:
    bare = plan(funds_yuan=None, contingency=None)
    planned = follow_up(confirmed(), bare)
    assert isinstance(planned, Recorded)
    major = does(evolve(confirmed(), planned.event), (Regrade(grade=Grade.MAJOR, reason="符合判定标准"), CITY))
    assert code(follow_up(major, bare)) == "plan-incomplete"
    assert follow_up(major, rectification()) == Waits(WaitingFor.PLAN)
    assert isinstance(follow_up(major, plan()), Recorded)


def test_a_submission_of_a_major_hazard_waits_for_its_plan() -> None:
    assert follow_up(confirmed(Grade.MAJOR), rectification(completed_on=june(1))) == Waits(WaitingFor.PLAN)


@pytest.mark.promise("P2")
def test_a_report_that_reached_the_broker_earlier_overwrites_none_that_reached_it_later() -> None:
    later, earlier = NOON, NOON - timedelta(minutes=5)
    hazard = evolve(None, decisions.report(report(), "h-1", "140502-2026-000001", None, by(MACHINE, later)).event)
    found = decisions.report_again(hazard, report(place="旧"), None, by(MACHINE, later, received_at=earlier))
    assert found == Repeated(older=True)
    newer = decisions.report_again(hazard, report(place="新"), None, by(MACHINE, later + timedelta(seconds=1)))
    assert isinstance(newer, Recorded)
    assert evolve(hazard, newer.event).reported_at == later + timedelta(seconds=1)


@pytest.mark.promise("P3")
def test_a_submission_counts_from_the_brokers_time_however_long_it_waited() -> None:
    claim = rectification(completed_on=june(1))
    received = NOON - timedelta(days=3)
    decision = decisions.follow_up(confirmed(), claim, by(decisions.submitter(claim), received_at=received))
    assert isinstance(decision, Recorded)
    assert (evolve(confirmed(), decision.event).submitted_at, decision.outcome) == (received, ClaimOutcome.APPLIED)
    assert decision.event.actor.account == "enterprise-1"


@pytest.mark.feature("SY64")
def test_a_county_on_its_own_topic_is_held_to_the_closed_contract() -> None:
    def screened(event: CloudEvent, speaking: str = "140502") -> tuple[str, str | None] | None:
        found = decisions.screen(event, decode(event), speaking, Present.at(NOON, ZONE))
        return (found.code, found.field) if isinstance(found, Refusal) else None

    right = sent(report(), event_id="e-1")
    unknown = msgspec.json.encode({**msgspec.json.decode(right.data), "severity": "严重"})
    assert screened(right) is None
    assert screened(right, "140521") == ("county-mismatch", "$.county")
    assert screened(msgspec.structs.replace(right, data=unknown)) == ("unknown-field", "$.severity")
    assert screened(sent(report(sector="no_such_sector"), event_id="e-2")) == ("unknown-term", "$.sector")
    forged = LedgerHeartbeat(applied_through=NOON)
    assert screened(sent(forged, event_id="e-3")) == ("not-a-claim", "type")


def test_a_record_that_is_no_event_is_refused_in_the_words_of_any_door() -> None:
    right = sent(report(), event_id="e-1")
    short = msgspec.structs.replace(right, data=b'{"county": "140502"}')
    found = unreadable(short, UNREADABLE, "140502")
    assert (found.code, found.field) == ("missing-field", "$.reference")
    assert unreadable(None, UNREADABLE, "140502") is UNREADABLE
    # Nothing is wrong with it by the contract: then the reading's own word stands.
    assert unreadable(msgspec.structs.replace(right, data=encode(report())), UNREADABLE, "140502") is UNREADABLE


def test_a_record_of_another_county_is_told_so_even_where_the_reading_failed() -> None:
    right = sent(report(), event_id="e-1")
    assert unreadable(right, UNREADABLE, "140521").code == "county-mismatch"


def test_what_is_no_claim_is_named_by_its_type() -> None:
    forged = sent(LedgerHeartbeat(applied_through=NOON), event_id="e-3")
    found = decisions.screen(forged, decode(forged), "140502", Present.at(NOON, ZONE))
    assert isinstance(found, Refusal)
    assert found.rule == "duban.ledger.heartbeat.v1 is not published by county systems"


def test_the_dates_of_a_claim_are_judged_by_the_day_on_which_the_broker_took_it() -> None:
    tomorrows = sent(report(found_on=june(3)), event_id="e-4")
    found = decisions.screen(tomorrows, decode(tomorrows), "140502", Present.at(NOON, ZONE))
    assert isinstance(found, Refusal)
    assert found.code == "found-in-future"


def test_a_refused_correction_says_in_which_state_the_hazard_is() -> None:
    confirmed_one = msgspec.structs.replace(reported(), state=HazardState.CONFIRMED)
    found = decisions.report_again(confirmed_one, report(place="别处"), None, by(MACHINE))
    assert isinstance(found, Refusal)
    assert found.message == "该编号的隐患已入账且状态为“已确认”，内容不能再更正"


def test_a_submission_that_a_county_passes_on_keeps_its_proof() -> None:
    proof = Evidence(name="整改后.jpg", sha256="a" * 64)
    decision = follow_up(confirmed(), rectification(completed_on=june(1), evidence=(proof,)))
    assert isinstance(decision, Recorded)
    assert isinstance(decision.event, HazardSubmitted)
    assert decision.event.evidence == (proof,)
