"""The life of a task by its moves alone: who may, from which states, what is refused. No server."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from duban_contracts.events.tasks import TaskEvent, TaskState
from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.model.task import Task, evolve, planned
from services.scheduler.tasks.moves import (
    MOVES,
    Accept,
    Acknowledge,
    Approve,
    Cancel,
    Renew,
    Return,
    Stamp,
    Submit,
    Supplement,
    Waive,
    assign,
    decide,
    mark_overdue,
)
from services.scheduler.tasks.moves.move import Hand, deadline_holds
from services.scheduler.tests.tasks.stage import (
    COLLEAGUE,
    DIRECTOR,
    HELPER,
    OFFICE,
    OWNER,
    POLICY,
    due_at,
    proof,
    report,
)

IN_TIME, LATE = local(1, 17), local(2, 9)
DONE = Submit(summary="本月检查 46 家")
NEIGHBOUR = Actor(account="other-1", role="county_regulator", unit="water_bureau")


class Life:
    """A task that is moved, and what was answered last."""

    def __init__(self, plan: PlannedTask | None = None) -> None:
        plan = plan or report()
        self.task: Task = planned(plan, due_at(plan.due_on))
        self._enter(assign(self.task, local(20, month=5)))

    def does(self, command: msgspec.Struct, by: Actor, at: datetime = IN_TIME, awaited: tuple[str, ...] = ()) -> str:
        """Make a move; return the state it led to, or the code of the refusal."""
        said = decide(self.task, command, msgspec.structs.replace(_stamp(by, at), awaited=awaited))
        if isinstance(said, Refusal):
            return said.code
        return self._enter(said)

    def passes(self, at: datetime = LATE) -> str:
        """Let its deadline pass."""
        return self._enter(mark_overdue(self.task, at))

    def _enter(self, event: TaskEvent) -> str:
        self.task = evolve(self.task, event)
        return self.task.state.value


def _stamp(actor: Actor, at: datetime) -> Stamp:
    return Stamp(actor=actor, at=at, policy=POLICY)


def test_the_usual_life() -> None:
    life = Life()
    assert life.does(Acknowledge(), OWNER, local(21, 9, month=5)) == "acknowledged"
    assert life.does(DONE, OWNER) == "submitted"
    assert life.does(Accept(review="齐全"), OFFICE) == "accepted"
    assert (life.task.late, life.task.version, life.task.acknowledged_at) == (False, 4, local(21, 9, month=5))


@pytest.mark.feature("SY04")
def test_a_task_is_owned_by_its_lead_and_names_all_four_units() -> None:
    life = Life()
    plan = life.task.plan
    assert (plan.lead_unit, *plan.helper_units) == (
        "county_safety_committee",
        "emergency_management",
        "fire_rescue",
        "transport",
    )
    assert life.does(DONE, HELPER) == "task-of-another"
    assert life.does(Acknowledge(), HELPER) == "task-of-another"
    assert life.does(Supplement(evidence=(proof("现场照片"),)), HELPER) == "assigned", "a helper adds what it has"
    assert life.does(Supplement(evidence=(proof("照片"),)), NEIGHBOUR) == "task-of-another"
    assert life.does(DONE, OWNER) == "submitted"


@pytest.mark.feature("SY06")
def test_a_filing_after_the_last_day_is_stored_as_late_not_lost() -> None:
    life = Life()
    assert life.passes() == "assigned"
    assert life.task.late
    assert life.does(DONE, OWNER, LATE) == "submitted"
    assert life.does(Accept(review="齐全"), OFFICE, local(3)) == "accepted"
    assert (life.task.late, life.task.submitted_at) == (True, LATE)


@pytest.mark.parametrize(("at", "late"), [(local(2), False), (local(2, 0, 0, 1), True)])
def test_the_last_day_counts_to_its_end_even_before_the_clock_looked(at: datetime, late: bool) -> None:  # noqa: FBT001
    life = Life()
    life.does(DONE, OWNER, at)
    assert life.task.late is late


def test_nobody_decides_on_a_task_of_the_own_unit_or_on_the_own_submission() -> None:
    own = Life(report(lead_unit="safety_committee_office", county="140500"))
    assert own.does(DONE, OFFICE) == "submitted"
    assert own.does(Accept(review="好"), COLLEAGUE) == "own-task"
    assert own.does(Accept(review="好"), DIRECTOR) == "accepted", "the director decides on the office's own tasks"
    on_behalf = Life()
    assert on_behalf.does(DONE, OFFICE) == "submitted", "the office files for a unit without a screen"
    assert on_behalf.does(Accept(review="好"), OFFICE) == "own-submission"
    assert on_behalf.does(Accept(review="好"), COLLEAGUE) == "accepted"


def test_a_return_keeps_a_deadline_that_is_ahead_and_gives_days_after_it() -> None:
    ahead = Life()
    ahead.does(DONE, OWNER, local(28, 9, month=5))
    assert ahead.does(Return(reason="缺数据"), OFFICE, local(29, 9, month=5)) == "returned"
    assert (ahead.task.due_on, ahead.task.deadline_number) == (date(2026, 6, 1), 1)
    over = Life()
    over.does(DONE, OWNER, IN_TIME)
    assert over.does(Return(reason="缺数据"), OFFICE, local(3, 9)) == "returned"
    # Wednesday the 3rd and three days is a Saturday; the next working day is Monday.
    assert (over.task.due_on, over.task.deadline_number, over.task.late) == (date(2026, 6, 8), 2, False)


def test_what_was_returned_has_to_bring_its_proofs_again() -> None:
    life = Life(report(evidence=("进展报告",)))
    life.does(Submit(summary="见附件", evidence=(proof("a.pdf", "进展报告"),)), OWNER)
    before = life.task
    life.does(Return(reason="盖章不清"), OFFICE)
    assert (before.lacking, life.task.lacking) == ((), ("进展报告",))


def test_the_latest_day_that_is_named_is_the_latest_that_is_taken() -> None:
    stamp = _stamp(OFFICE, LATE)
    refused = deadline_holds(date(2206, 6, 5), stamp)
    assert refused is not None
    latest = date.fromisoformat(refused.message[-10:])
    assert deadline_holds(latest, stamp) is None
    assert deadline_holds(latest + timedelta(days=1), stamp) is not None


def test_what_is_late_is_made_up_and_stays_late() -> None:
    life = Life()
    assert life.does(Renew(reason="限期补报", due_on=date(2026, 6, 5)), OFFICE) == "task-not-late"
    life.passes()
    assert life.does(Renew(reason="限期补报", due_on=date(2026, 6, 1)), OFFICE, LATE) == "task-due-in-the-past"
    assert life.does(Renew(reason="限期补报", due_on=date(2206, 6, 5)), OFFICE, LATE) == "task-due-too-far"
    assert life.does(Renew(reason="限期补报", due_on=date(2026, 6, 5)), OFFICE, LATE) == "assigned"
    assert (life.task.due_on, life.task.deadline_number, life.task.late) == (date(2026, 6, 5), 2, True)
    life.does(DONE, OWNER, local(4, 9))
    life.does(Accept(review="补齐"), OFFICE, local(4, 10))
    assert life.task.late


def test_a_waiver_has_its_reason_and_who_approved_it_and_is_never_the_own_units() -> None:
    life = Life()
    waiver = Waive(reason="市里统一检查", approved_by="主任办公会纪要 2026-5")
    assert life.does(waiver, OWNER) == "role-not-allowed"
    assert life.does(waiver, OFFICE) == "waived"
    assert life.task.reason == "市里统一检查"
    assert life.does(DONE, OWNER) == "task-state-conflict"


def test_a_cancelled_task_takes_nothing_more() -> None:
    life = Life()
    assert life.does(Cancel(reason="重复下达"), OFFICE) == "cancelled"
    for command, by in ((DONE, OWNER), (Waive(reason="x", approved_by="y"), OFFICE), (Cancel(reason="x"), OFFICE)):
        assert life.does(command, by) == "task-state-conflict"


def test_figures_that_are_demanded_are_there_and_proofs_are_those_demanded() -> None:
    life = Life(report(figures=("checks", "found"), evidence=("进展报告",)))
    assert life.does(Submit(summary="见表", figures={"checks": 46}), OWNER) == "figures-missing"
    assert life.does(Submit(summary="见表", evidence=(proof("x.pdf", "会议纪要"),)), OWNER) == "evidence-not-demanded"
    filled = Submit(summary="见表", form={"checks": 46, "found": 3, "note": "备注", "open": True})
    assert life.does(filled, OWNER) == "submitted", "a figure of the form need not be said twice"
    assert life.task.figures == {"checks": 46, "found": 3}, "sums leave the form, words don't"


@pytest.mark.feature("SY09")
def test_an_inspection_is_not_done_without_approval_and_the_month_end_meetings_record() -> None:
    life = Life(report(kind="inspection", evidence=("月末例会纪要",), approvals=("inspection_plan",)))
    assert life.does(Submit(summary="检查 46 家"), OWNER) == "submitted"
    assert life.task.lacking == ("月末例会纪要", "inspection_plan")
    assert life.does(Accept(review="好"), OFFICE) == "task-incomplete"
    assert life.does(Approve(approval="inspection_plan", remark="同意"), OFFICE) == "role-not-allowed"
    assert life.does(Approve(approval="budget", remark="同意"), DIRECTOR) == "approval-not-demanded"
    assert life.does(Approve(approval="inspection_plan", remark="同意"), DIRECTOR) == "submitted"
    assert life.does(Approve(approval="inspection_plan", remark="同意"), DIRECTOR) == "approval-not-demanded"
    assert life.does(Accept(review="好"), OFFICE) == "task-incomplete", "the meeting's record is still missing"
    assert life.does(Supplement(evidence=(proof("纪要.pdf", "月末例会纪要"),)), OWNER) == "submitted"
    assert life.does(Accept(review="好"), OFFICE) == "accepted"


@pytest.mark.feature("SY10")
def test_a_meeting_that_awaits_reports_is_not_done_while_one_is_owed() -> None:
    life = Life(report(kind="meeting", lead_unit="safety_committee_office"))
    life.does(DONE, OFFICE)
    assert life.does(Accept(review="好"), DIRECTOR, awaited=("述职述责报告（沁水县）",)) == "task-incomplete"
    assert life.does(Accept(review="好"), DIRECTOR) == "accepted"


def test_a_history_begins_once_and_belongs_to_one_task() -> None:
    life = Life()
    again: Any = assign(life.task, IN_TIME)
    with pytest.raises(ValueError, match=r"begins with task\.assigned, once"):
        evolve(life.task, again)
    other = planned(report(period="2026-06"), local(2))
    event = mark_overdue(life.task, LATE)
    with pytest.raises(ValueError, match="begins with"):
        evolve(other, event)
    with pytest.raises(ValueError, match="is planned before"):
        evolve(None, event)
    assert other.state is TaskState.PLANNED


def test_every_move_declares_with_what_it_refuses_a_wrong_hand() -> None:
    refusals = {Hand.OWNER: "task-of-another", Hand.PARTY: "task-of-another", Hand.ANOTHER: "own-task"}
    for move in MOVES:
        assert move.hand is Hand.ANYBODY or refusals[move.hand] in move.refusals, move.name
