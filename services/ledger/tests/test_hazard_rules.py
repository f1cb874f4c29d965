"""The rules of a hazard's life, as sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from duban_contracts.events.hazards import HazardEvent, HazardOverdue
from duban_contracts.events.types import Actor, Grade, HazardState
from services.ledger.domain import claims
from services.ledger.domain.claims import Recorded, Repeated, Waits
from services.ledger.domain.commands import (
    Close,
    Command,
    Confirm,
    Extend,
    MarkOverdue,
    Plan,
    Regrade,
    Reject,
    Reopen,
    Return,
    Submit,
)
from services.ledger.domain.decisions import MOVES, Stamp, decide
from services.ledger.domain.evolution import evolve
from services.ledger.domain.hazard import Hazard
from services.ledger.domain.refusals import Refusal
from services.ledger.domain.transitions import TRANSITIONS, Move
from services.ledger.tests.world import rectified, reported

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
DUE = TODAY + timedelta(days=10)
CITY = Actor(account="city-regulator-1", role="city_regulator")
COUNTY = Actor(account="regulator-140502-1", role="county_regulator")
ENTERPRISE = Actor(account="enterprise-1", role="enterprise_user")
SYSTEM = Actor(account="scheduler", role="system")

CONFIRM = Confirm(grade=Grade.GENERAL, responsible_unit="emergency_management", deadline_on=DUE)
PLAN = Plan(measures="停用", responsible_post="安全总监")
SUBMIT = Submit(measures="已整改", completed_on=TODAY, submitted_at=NOON)
CLOSE = Close(review="现场复查合格")
OVERDUE = MarkOverdue(deadline_on=DUE, due_at=NOON + timedelta(days=11))


def new_hazard() -> Hazard:
    return evolve(None, claims.register(reported("R-1"), "h-1", "140502-2026-000001", NOON).event)


def does(hazard: Hazard, *steps: tuple[Command, Actor]) -> Hazard:
    for command, actor in steps:
        decision = decide(hazard, command, Stamp(actor, NOON))
        assert isinstance(decision, HazardEvent), decision
        hazard = evolve(hazard, decision)
    return hazard


def refusal(hazard: Hazard, command: Command, actor: Actor, at: datetime = NOON) -> str:
    decision = decide(hazard, command, Stamp(actor, at))
    assert isinstance(decision, Refusal), decision
    assert decision.message
    return decision.code


def in_review(grade: Grade = Grade.GENERAL, submitter: Actor = ENTERPRISE) -> Hazard:
    confirm = msgspec.structs.replace(CONFIRM, grade=grade)
    return does(new_hazard(), (confirm, CITY), (PLAN, ENTERPRISE), (SUBMIT, submitter))


def test_a_general_hazard_may_be_mended_on_the_spot() -> None:
    hazard = does(new_hazard(), (CONFIRM, COUNTY), (SUBMIT, ENTERPRISE))
    assert hazard.state is HazardState.IN_REVIEW


def test_a_major_hazard_needs_a_plan_before_its_submission() -> None:
    hazard = does(new_hazard(), (msgspec.structs.replace(CONFIRM, grade=Grade.MAJOR), CITY))
    assert refusal(hazard, SUBMIT, ENTERPRISE) == "plan-required"


def test_regrading_to_major_before_a_plan_asks_for_the_plan() -> None:
    hazard = does(new_hazard(), (CONFIRM, COUNTY), (Regrade(grade=Grade.MAJOR, reason="判定标准第三条"), CITY))
    assert refusal(hazard, SUBMIT, ENTERPRISE) == "plan-required"


@pytest.mark.parametrize("command", [CLOSE, Return(reason="未整改到位")])
def test_the_submitter_neither_closes_nor_returns(command: Command) -> None:
    hazard = in_review(submitter=CITY)
    assert refusal(hazard, command, CITY) == "submitter-may-not-review"
    assert isinstance(decide(hazard, command, Stamp(COUNTY, NOON)), HazardEvent)


@pytest.mark.parametrize("role", ["integrator", "enterprise_user", "enterprise_principal", "city_office", "operator"])
@pytest.mark.parametrize("command", [CLOSE, Return(reason="未整改到位"), CONFIRM, Reject(reason="不构成")])
def test_review_and_confirmation_are_a_regulators(role: str, command: Command) -> None:
    hazard = in_review() if MOVES[type(command)] in {Move.CLOSE, Move.RETURN} else new_hazard()
    assert refusal(hazard, command, Actor(account="someone", role=role)) == "role-not-allowed"


def test_a_county_regulator_neither_confirms_nor_closes_nor_extends_a_major_hazard() -> None:
    major = msgspec.structs.replace(CONFIRM, grade=Grade.MAJOR)
    assert refusal(new_hazard(), major, COUNTY) == "city-regulator-required"
    assert refusal(in_review(Grade.MAJOR), CLOSE, COUNTY) == "city-regulator-required"
    rectifying = does(in_review(Grade.MAJOR), (Return(reason="未整改到位"), COUNTY))
    later = Extend(reason="需停产改造", deadline_on=DUE + timedelta(days=5))
    assert refusal(rectifying, later, COUNTY) == "city-regulator-required"
    assert does(rectifying, (later, CITY)).deadline_on == later.deadline_on


def test_the_deadlines_own_day_counts_in_shanghai_and_yesterday_does_not() -> None:
    late_evening = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)  # 01:00 on the 22nd in Shanghai
    today = msgspec.structs.replace(CONFIRM, deadline_on=TODAY)
    assert isinstance(decide(new_hazard(), today, Stamp(COUNTY, NOON)), HazardEvent)
    assert refusal(new_hazard(), today, COUNTY, late_evening) == "deadline-in-the-past"


def test_an_unknown_unit_is_no_responsible_unit() -> None:
    wrong = msgspec.structs.replace(CONFIRM, responsible_unit="no_such_unit")
    assert refusal(new_hazard(), wrong, COUNTY) == "unknown-unit"


def test_an_extension_ends_later_and_lifts_the_overdue_flag() -> None:
    hazard = does(new_hazard(), (CONFIRM, COUNTY), (OVERDUE, SYSTEM))
    assert hazard.overdue
    assert refusal(hazard, Extend(reason="x", deadline_on=DUE), COUNTY) == "deadline-not-later"
    extended = does(hazard, (Extend(reason="x", deadline_on=DUE + timedelta(days=1)), COUNTY))
    assert not extended.overdue


def test_overdue_is_noted_once_per_deadline_and_never_for_another_one() -> None:
    hazard = does(new_hazard(), (CONFIRM, COUNTY))
    stale = msgspec.structs.replace(OVERDUE, deadline_on=DUE - timedelta(days=1))
    assert refusal(hazard, stale, SYSTEM) == "state-conflict"
    assert refusal(does(hazard, (OVERDUE, SYSTEM)), OVERDUE, SYSTEM) == "state-conflict"


def test_overdue_stands_for_a_submission_after_the_deadline_and_falls_for_one_in_time() -> None:
    hazard = in_review()
    in_time = MarkOverdue(deadline_on=DUE, due_at=NOON)
    too_late = MarkOverdue(deadline_on=DUE, due_at=NOON - timedelta(microseconds=1))
    assert refusal(hazard, in_time, SYSTEM) == "state-conflict"
    assert isinstance(decide(hazard, too_late, Stamp(SYSTEM, NOON)), HazardOverdue)
    closed = does(hazard, (CLOSE, COUNTY))
    assert refusal(closed, in_time, SYSTEM) == "state-conflict"
    assert does(closed, (too_late, SYSTEM)).overdue


def test_a_reopened_hazard_has_a_new_deadline_and_is_open_again() -> None:
    closed = does(in_review(), (CLOSE, COUNTY))
    assert closed.closed_by == COUNTY.account
    hazard = does(closed, (Reopen(reason="回头看不合格", deadline_on=DUE + timedelta(days=3)), COUNTY))
    assert (hazard.state, hazard.closed_at, hazard.closed_by) == (HazardState.RECTIFYING, None, None)
    assert (hazard.reopened_count, hazard.deadline_on) == (1, DUE + timedelta(days=3))


def test_the_same_words_after_a_return_are_a_new_submission() -> None:
    hazard = in_review()
    claim = rectified("R-1", measures=SUBMIT.measures, completed_on=TODAY)
    assert isinstance(claims.follow_up(hazard, claim, NOON, NOON), Repeated)
    returned = does(hazard, (Return(reason="未整改到位"), COUNTY))
    assert isinstance(claims.follow_up(returned, claim, NOON, NOON), Recorded)


def test_a_submission_counts_from_the_brokers_time_however_long_it_waited() -> None:
    hazard = does(new_hazard(), (CONFIRM, COUNTY))
    received = NOON - timedelta(days=3)
    decision = claims.follow_up(hazard, rectified("R-1", completed_on=TODAY), NOON, received)
    assert isinstance(decision, Recorded)
    assert evolve(hazard, decision.event).submitted_at == received


def test_a_follow_up_waits_for_the_report_and_then_for_its_confirmation() -> None:
    claim = rectified("R-1")
    assert claims.follow_up(None, claim, NOON, NOON) == Waits(claims.WaitingFor.REPORT)
    assert claims.follow_up(new_hazard(), claim, NOON, NOON) == Waits(claims.WaitingFor.CONFIRMATION)


def test_a_rectification_dated_tomorrow_is_refused() -> None:
    hazard = does(new_hazard(), (CONFIRM, COUNTY))
    tomorrow = msgspec.structs.replace(SUBMIT, completed_on=TODAY + timedelta(days=1))
    assert refusal(hazard, tomorrow, ENTERPRISE) == "completed-in-future"


def test_every_move_of_the_table_has_a_command_or_is_a_claim() -> None:
    assert {move for _, move in TRANSITIONS} - {Move.CORRECT} == set(MOVES.values())


def test_history_begins_with_registration_and_has_it_once() -> None:
    registered = claims.register(reported("R-1"), "h-1", "140502-2026-000001", NOON).event
    with pytest.raises(ValueError, match="twice"):
        evolve(evolve(None, registered), registered)
    confirmed = decide(new_hazard(), CONFIRM, Stamp(COUNTY, NOON))
    assert isinstance(confirmed, HazardEvent)
    with pytest.raises(ValueError, match="begins with"):
        evolve(None, confirmed)
    other = evolve(None, claims.register(reported("R-2"), "h-2", "140502-2026-000002", NOON).event)
    with pytest.raises(ValueError, match="applied to"):
        evolve(other, confirmed)
