"""逾期: noted once for the deadline that holds, and not where 整改完成 came in time (promise P3)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from duban_contracts.events.types import Actor, HazardState
from services.chassis.access.roles import Role
from services.ledger.hazards.moves import SCHEDULER, MarkOverdue, Merge, Unmerge
from services.ledger.tests.telling import (
    CITY,
    CLOSE,
    COUNTY,
    DUE,
    ENTERPRISE,
    NOON,
    OVERDUE,
    RETURN,
    confirmed,
    does,
    in_review,
    new_hazard,
    noted,
    refusal,
)

pytestmark = pytest.mark.promise("P3")
IN_TIME = MarkOverdue(deadline_on=DUE, due_at=NOON)
TOO_LATE = MarkOverdue(deadline_on=DUE, due_at=NOON - timedelta(microseconds=1))


def test_overdue_is_noted_once_per_deadline_and_never_for_another_one() -> None:
    stale = msgspec.structs.replace(OVERDUE, deadline_on=DUE - timedelta(days=1))
    assert refusal(confirmed(), stale, SCHEDULER) == "state-conflict"
    assert (noted(confirmed()).overdue, noted(confirmed()).state) == (True, HazardState.CONFIRMED)
    assert refusal(noted(confirmed()), OVERDUE, SCHEDULER) == "state-conflict"
    assert refusal(new_hazard(), OVERDUE, SCHEDULER) == "state-conflict"


def test_overdue_stands_for_a_submission_after_the_deadline_and_falls_for_one_in_time() -> None:
    assert refusal(in_review(), IN_TIME, SCHEDULER) == "state-conflict"
    assert does(in_review(), (TOO_LATE, SCHEDULER)).overdue
    closed = does(in_review(), (CLOSE, COUNTY))
    assert refusal(closed, IN_TIME, SCHEDULER) == "state-conflict"
    assert does(closed, (TOO_LATE, SCHEDULER)).overdue


def test_a_submission_in_time_that_was_returned_no_longer_answers_the_deadline() -> None:
    returned = does(in_review(), (RETURN, COUNTY))
    assert does(returned, (OVERDUE, SCHEDULER)).overdue


def test_a_deadline_that_passed_before_a_merging_is_noted_behind_it_and_stands_when_it_is_taken_out() -> None:
    survivor = msgspec.structs.replace(confirmed(), hazard_id="h-2", number="140502-2026-000002")
    merged = does(confirmed(), (Merge(reason="同一处隐患", survivor=survivor), CITY))
    assert refusal(merged, IN_TIME, SCHEDULER) == "state-conflict"
    late = does(merged, (TOO_LATE, SCHEDULER))
    assert (late.state, late.overdue) == (HazardState.DUPLICATE, True)
    assert refusal(late, TOO_LATE, SCHEDULER) == "state-conflict"
    alone = does(late, (Unmerge(reason="另一处"), CITY))
    assert (alone.state, alone.overdue, alone.merged_at) == (HazardState.CONFIRMED, True, None)


@pytest.mark.parametrize("actor", [CITY, ENTERPRISE, Actor(account="operator-1", role=Role.OPERATOR)])
def test_people_do_not_mark_a_hazard_overdue(actor: Actor) -> None:
    assert refusal(confirmed(), OVERDUE, actor) == "role-not-allowed"
