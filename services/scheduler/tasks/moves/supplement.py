"""补充材料: the owner or a helper adds proofs, such as the record of a month-end meeting that came later."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.tasks import TaskEvidence, TaskFacts, TaskState, TaskSupplemented
from duban_contracts.refusals import refusal
from services.chassis.access.roles import INTEGRATORS, OFFICES, REGULATORS, SUPERVISORS
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp, staying


class Supplement(msgspec.Struct, frozen=True, kw_only=True):
    """补充材料: further proofs."""

    evidence: Annotated[tuple[TaskEvidence, ...], Meta(min_length=1, max_length=100)]


def _supplement(task: Task, command: Supplement, stamp: Stamp, after: TaskFacts) -> Decision:
    strange = sorted({each.demand for each in command.evidence if each.demand} - set(task.plan.evidence))
    if strange:
        return refusal("evidence-not-demanded", field="evidence", demand=strange[0])
    return TaskSupplemented(task=after, actor=stamp.actor, occurred_at=stamp.at, evidence=command.evidence)


SUPPLEMENT: Final = Move(
    name="supplement",
    zh="补充材料",
    summary="补充佐证材料",
    source="S0-2",
    command=Supplement,
    leads=staying(TaskState.ASSIGNED, TaskState.ACKNOWLEDGED, TaskState.SUBMITTED, TaskState.RETURNED),
    decide=_supplement,
    roles=REGULATORS | OFFICES | SUPERVISORS | INTEGRATORS,
    hand=Hand.PARTY,
    refusals=("task-of-another", "evidence-not-demanded"),
)
