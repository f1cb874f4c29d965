"""Of each move one that is taken, with something in every field: for tests of what holds of every move. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import local
from services.scheduler.tasks.model.task import Task, evolve, planned
from services.scheduler.tasks.moves import (
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
from services.scheduler.tests.tasks.stage import DIRECTOR, OFFICE, OWNER, POLICY, due_at, proof, report

ASKED: Final = local(20, month=5)
NOW: Final = local(25, month=5)
PLAN: Final = report(evidence=("月末例会纪要",), figures=("trained",), approvals=("inspection_plan",))
PROOF: Final = proof("纪要.pdf", "月末例会纪要")
SUBMIT: Final = Submit(summary="已办", evidence=(PROOF,), figures={"trained": 3}, filed_on=date(2026, 5, 24))
APPROVE: Final = Approve(approval="inspection_plan", remark="同意")


def stamp(by: Actor, at: datetime = NOW, **more: Any) -> Stamp:
    return Stamp(actor=by, at=at, policy=POLICY, **more)


def does(task: Task, *steps: tuple[msgspec.Struct, Actor]) -> Task:
    for command, by in steps:
        said = decide(task, command, stamp(by))
        assert not isinstance(said, Refusal), said
        task = evolve(task, said)
    return task


PLANNED: Final = planned(PLAN, due_at())
ASSIGNED: Final = evolve(PLANNED, assign(PLANNED, ASKED))
SUBMITTED: Final = does(ASSIGNED, (APPROVE, DIRECTOR), (SUBMIT, OWNER))
LATE: Final = evolve(ASSIGNED, mark_overdue(ASSIGNED, due_at() + timedelta(hours=1)))
Step = tuple[Task, msgspec.Struct, Actor, datetime]
TAKEN: Final[tuple[Step, ...]] = (
    (ASSIGNED, Acknowledge(), OWNER, NOW),
    (ASSIGNED, SUBMIT, OWNER, NOW),
    (ASSIGNED, Supplement(evidence=(PROOF,)), OWNER, NOW),
    (ASSIGNED, APPROVE, DIRECTOR, NOW),
    (SUBMITTED, Accept(review="齐全"), OFFICE, NOW),
    (SUBMITTED, Return(reason="缺签字", due_on=date(2026, 6, 5)), OFFICE, NOW),
    (LATE, Renew(reason="限期补办", due_on=date(2026, 6, 9)), OFFICE, local(3)),
    (ASSIGNED, Waive(reason="已撤并", approved_by="市安委会纪要3号"), OFFICE, NOW),
    (ASSIGNED, Cancel(reason="重复下达"), OFFICE, NOW),
)
