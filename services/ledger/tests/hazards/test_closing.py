"""整改完成、退回、销号、反弹: nobody reviews the own work, and a hazard that comes back starts anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Grade, HazardState
from duban_contracts.policies import Review
from duban_contracts.testing.calendar import june, local
from services.chassis.access.roles import REGULATORS, Role
from services.ledger.hazards.model import evolve
from services.ledger.hazards.moves import MarkFalse, Regrade, Reopen, close, decide
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CLOSE,
    COUNTY,
    DUE,
    ENTERPRISE,
    NOON,
    RETURN,
    RULES,
    SUBMIT,
    TODAY,
    by,
    closed,
    confirmed,
    does,
    in_review,
    noted,
    refusal,
    refused,
    said,
)


def test_a_general_hazard_may_be_mended_on_the_spot() -> None:
    hazard = does(confirmed(), (SUBMIT, ENTERPRISE))
    assert (hazard.state, hazard.submitted_by, hazard.submitted_at) == (
        HazardState.IN_REVIEW,
        ENTERPRISE.account,
        NOON,
    )


@pytest.mark.promise("P3")
def test_a_submission_counts_from_when_it_reached_us_however_late_it_is_applied() -> None:
    received = NOON - timedelta(days=3)
    event = said(confirmed(), SUBMIT, by(ENTERPRISE, received_at=received))
    hazard = evolve(confirmed(), event)
    assert (hazard.submitted_at, hazard.changed_at) == (received, NOON)


def test_a_rectification_dated_tomorrow_is_refused_and_one_of_today_is_not() -> None:
    tomorrow = msgspec.structs.replace(SUBMIT, completed_on=TODAY + timedelta(days=1))
    found = refused(confirmed(), tomorrow, ENTERPRISE)
    assert (found.code, found.status, found.field) == ("completed-in-future", 422, "completed_on")
    assert isinstance(decide(confirmed(), tomorrow, by(ENTERPRISE, local(2))), HazardEvent)


def test_a_rectification_dated_before_the_hazard_was_found_is_refused() -> None:
    earlier = msgspec.structs.replace(SUBMIT, completed_on=TODAY - timedelta(days=1))
    found = refused(confirmed(), earlier, ENTERPRISE)
    assert (found.code, found.status, found.field) == ("completed-before-found", 422, "completed_on")
    assert TODAY.isoformat() in found.message


@pytest.mark.feature("SY30")
@pytest.mark.parametrize("command", [CLOSE, RETURN])
def test_the_submitter_neither_closes_nor_returns(command: msgspec.Struct) -> None:
    hazard = in_review(submitter=CITY)
    found = refused(hazard, command, CITY)
    assert (found.code, found.status) == ("submitter-may-not-review", 403)
    assert isinstance(decide(hazard, command, by(COUNTY)), HazardEvent)


@pytest.mark.parametrize("role", sorted(set(Role) - REGULATORS))
@pytest.mark.parametrize("command", [CLOSE, RETURN])
def test_review_is_a_regulators(role: Role, command: msgspec.Struct) -> None:
    assert refusal(in_review(), command, Actor(account="someone", role=role)) == "role-not-allowed"


def test_a_county_regulator_returns_a_major_hazard_or_reviews_it_first_but_does_not_close_it() -> None:
    hazard = in_review(Grade.MAJOR)
    returned = does(hazard, (RETURN, COUNTY))
    assert (returned.state, returned.returned_count) == (HazardState.RECTIFYING, 1)
    reviewed = does(hazard, (CLOSE, COUNTY))
    assert (reviewed.state, reviewed.reviewed_by) == (HazardState.IN_REVIEW, COUNTY.account)
    assert refusal(reviewed, CLOSE, Actor(account="other", role=Role.COUNTY_REGULATOR)) == "city-regulator-required"
    assert does(reviewed, (CLOSE, CITY)).closed_by == CITY.account


@pytest.mark.feature("SY30")
def test_a_major_hazard_is_struck_off_by_a_second_reviewer() -> None:
    first = does(in_review(Grade.MAJOR), (CLOSE, CITY))
    assert (first.state, first.closed_at, first.reviewed_at) == (HazardState.IN_REVIEW, None, NOON)
    same = refused(first, CLOSE, CITY)
    assert (same.code, same.status) == ("same-reviewer", 403)
    second = does(first, (CLOSE, CITY_2))
    assert (second.state, second.closed_by, second.reviewed_by) == (
        HazardState.CLOSED,
        CITY_2.account,
        CITY.account,
    )


@pytest.mark.feature("SY30")
def test_what_was_returned_after_the_first_review_is_reviewed_anew() -> None:
    again = does(in_review(Grade.MAJOR), (CLOSE, CITY), (RETURN, COUNTY), (SUBMIT, ENTERPRISE))
    assert (again.reviewed_at, again.reviewed_by) == (None, None)
    assert does(again, (CLOSE, CITY)).state is HazardState.IN_REVIEW


def test_nobody_reviews_twice_however_many_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close, "CLOSE", replace(close.CLOSE, hands=lambda *_: 3))
    assert refusal(does(in_review(), (CLOSE, CITY)), CLOSE, CITY) == "same-reviewer"


def test_the_first_reviewer_does_not_close_it_after_a_regrading_either() -> None:
    first = does(in_review(Grade.MAJOR), (CLOSE, CITY), (Regrade(grade=Grade.GENERAL, reason="重新认定"), CITY_2))
    assert refusal(first, CLOSE, CITY) == "same-reviewer"
    assert does(first, (CLOSE, COUNTY)).state is HazardState.CLOSED


@pytest.mark.feature("SY30")
def test_the_city_decides_of_which_grades_two_review() -> None:
    one = msgspec.structs.replace(by(CITY), rules=msgspec.structs.replace(RULES, review=Review(two_reviewers=())))
    assert evolve(in_review(Grade.MAJOR), said(in_review(Grade.MAJOR), CLOSE, one)).state is HazardState.CLOSED
    assert closed().reviewed_by is None


def test_a_second_return_is_counted_too() -> None:
    again = does(in_review(), (RETURN, COUNTY), (SUBMIT, ENTERPRISE), (RETURN, COUNTY))
    assert again.returned_count == 2


@pytest.mark.feature("SY31")
def test_a_reopened_hazard_has_a_new_deadline_and_is_open_again() -> None:
    reopen = Reopen(reason="回头看不合格", deadline_on=DUE + timedelta(days=3))
    assert (closed().closed_by, closed().closed_at) == (CITY.account, NOON)
    hazard = does(closed(), (reopen, Actor(account="group-1", role=Role.SUPERVISION_GROUP)))
    assert (hazard.state, hazard.closed_at, hazard.closed_by) == (HazardState.RECTIFYING, None, None)
    assert (hazard.reopened_count, hazard.deadline_on) == (1, DUE + timedelta(days=3))
    twice = does(hazard, (SUBMIT, ENTERPRISE), (CLOSE, CITY), (reopen, COUNTY))
    assert twice.reopened_count == 2


@pytest.mark.feature("SY31")
@pytest.mark.parametrize("command", [Reopen, MarkFalse])
def test_no_county_alone_sets_the_deadline_of_a_major_hazard_by_reopening_it(command: type[Reopen]) -> None:
    again = command(reason="回头看不合格", deadline_on=DUE)
    found = refused(closed(Grade.MAJOR), again, COUNTY)
    assert (found.code, found.status) == ("city-regulator-required", 403)
    for actor in (CITY, Actor(account="group-1", role=Role.SUPERVISION_GROUP)):
        assert does(closed(Grade.MAJOR), (again, actor)).deadline_on == DUE
    assert does(closed(), (again, COUNTY)).deadline_on == DUE


@pytest.mark.feature("SY31")
def test_reopening_lifts_the_overdue_flag_and_needs_a_deadline_that_can_still_be_kept() -> None:
    late = does(noted(does(confirmed())), (SUBMIT, ENTERPRISE), (CLOSE, CITY))
    assert late.overdue
    assert not does(late, (Reopen(reason="x", deadline_on=TODAY), COUNTY)).overdue
    yesterday = Reopen(reason="x", deadline_on=june(1) - timedelta(days=1))
    assert refusal(late, yesterday, COUNTY) == "deadline-in-the-past"
