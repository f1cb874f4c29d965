"""What each move of a task records says who, when, and every word of the command. Pure."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from duban_contracts.codec import encode, lookup, type_of
from duban_contracts.events.tasks import TaskState
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import local
from duban_contracts.validation import check_payload
from services.scheduler.tasks.model.audit import Discrepancy, TaskDiscrepancy
from services.scheduler.tasks.model.called_for import called_for
from services.scheduler.tasks.model.task import evolve, facts
from services.scheduler.tasks.moves import (
    MOVES,
    Accept,
    Submit,
    Supplement,
    assign,
    decide,
    move_of,
)
from services.scheduler.tests.tasks.stage import COLLEAGUE, OWNER, POLICY, due_at, proof, report
from services.scheduler.tests.tasks.taken import (
    ASKED,
    ASSIGNED,
    LATE,
    NOW,
    PLAN,
    PLANNED,
    SUBMIT,
    SUBMITTED,
    TAKEN,
    Step,
    stamp,
)


def named(step: Step) -> str:
    return move_of(step[1]).name


def test_every_move_is_tried() -> None:
    assert {named(step) for step in TAKEN} == {move.name for move in MOVES}


@pytest.mark.parametrize("step", TAKEN, ids=named)
def test_what_is_recorded_says_who_did_it_when_and_every_word_of_the_command(step: Step) -> None:
    task, command, actor, at = step
    event = decide(task, command, stamp(actor, at))
    assert not isinstance(event, Refusal), event
    said = msgspec.structs.asdict(event)
    assert (said["actor"], event.occurred_at, event.task.task_id) == (actor, at, task.task_id)
    assert check_payload(lookup(type_of(type(event)).name), encode(event)) == []
    # Who folds it has the facts that everybody else is told.
    assert facts(evolve(task, event)) == event.task
    for field in command.__struct_fields__:
        if field == "due_on":
            assert event.task.due_on == getattr(command, field)
            assert event.task.deadline_number == task.deadline_number + 1
        elif field in said:
            assert msgspec.to_builtins(said[field]) == msgspec.to_builtins(getattr(command, field)), field


def test_an_assignment_says_all_that_its_plan_asks_for() -> None:
    event = assign(PLANNED, ASKED)
    assert event.task == msgspec.structs.replace(facts(PLANNED), state=TaskState.ASSIGNED)
    assert event.occurred_at == ASKED
    for field in (
        "period_start",
        "period_end",
        "window_start",
        "evidence",
        "figures",
        "approvals",
        "source",
        "assumed",
    ):
        assert getattr(event, field) == getattr(PLAN, field), field


@pytest.mark.parametrize(
    ("command", "code", "field", "words"),
    [
        (Submit(summary="已办", figures={}), "figures-missing", "figures", "trained"),
        (
            msgspec.structs.replace(SUBMIT, evidence=(proof("照片", "现场照片"),)),
            "evidence-not-demanded",
            "evidence",
            "现场照片",
        ),
        (msgspec.structs.replace(SUBMIT, filed_on=date(2026, 5, 26)), "filed-in-future", "filed_on", "2026-05-25"),
        (Supplement(evidence=(proof("照片", "现场照片"),)), "evidence-not-demanded", "evidence", "现场照片"),
    ],
)
def test_a_filing_that_lacks_something_hears_what(command: msgspec.Struct, code: str, field: str, words: str) -> None:
    said = decide(ASSIGNED, command, stamp(OWNER))
    assert isinstance(said, Refusal)
    assert (said.code, said.field) == (code, field)
    assert words in f"{said.message}{said.rule}"


def test_a_filing_counts_from_when_it_reached_the_platform_and_may_be_of_today() -> None:
    today = msgspec.structs.replace(SUBMIT, filed_on=date(2026, 5, 25))
    said = decide(ASSIGNED, today, stamp(OWNER))
    assert not isinstance(said, Refusal)
    waited = decide(ASSIGNED, SUBMIT, stamp(OWNER, local(3), received_at=NOW))
    assert not isinstance(waited, Refusal)
    assert (msgspec.structs.asdict(waited)["submitted_at"], waited.occurred_at, waited.task.late) == (
        NOW,
        local(3),
        False,
    )
    at_the_instant = decide(ASSIGNED, SUBMIT, stamp(OWNER, due_at()))
    late = decide(ASSIGNED, SUBMIT, stamp(OWNER, due_at() + timedelta(seconds=1)))
    assert [not isinstance(each, Refusal) and each.task.late for each in (at_the_instant, late)] == [False, True]


@pytest.mark.parametrize(("lacking", "shown"), [(20, "第20项"), (21, "第20项等 21 项")])
def test_what_lacks_is_listed_up_to_twenty_and_then_counted(lacking: int, shown: str) -> None:
    awaited = tuple(f"第{number}项" for number in range(1, lacking + 1))
    said = decide(SUBMITTED, Accept(review="齐全"), stamp(COLLEAGUE, awaited=awaited))
    assert isinstance(said, Refusal)
    assert said.code == "task-incomplete"
    assert shown in said.message
    assert "第21项" not in said.message
    assert "等 20 项" not in said.message


def test_a_deadline_that_had_passed_when_the_task_was_asked_for_calls_for_nothing() -> None:
    for late in (due_at(), due_at() + timedelta(days=1)):
        assert called_for(evolve(PLANNED, assign(PLANNED, late)), POLICY) == []
    assert called_for(ASSIGNED, POLICY)
    assert called_for(None, POLICY) == called_for(PLANNED, POLICY) == []


def test_a_finding_of_the_self_audit_names_the_deadline_in_force() -> None:
    assert TaskDiscrepancy.about(LATE, Discrepancy.NOT_RAISED) == TaskDiscrepancy(
        task_id=LATE.task_id,
        number=LATE.number,
        county=PLAN.county,
        lead_unit=PLAN.lead_unit,
        state=LATE.state,
        deadline_number=1,
        due_at=due_at(),
        reason=Discrepancy.NOT_RAISED,
    )


def test_a_task_of_one_sector_is_of_that_and_any_other_of_none() -> None:
    assert [report(sectors=sectors).sector for sectors in ((), ("hazchem",), ("hazchem", "coal_mine"))] == [
        None,
        "hazchem",
        None,
    ]
