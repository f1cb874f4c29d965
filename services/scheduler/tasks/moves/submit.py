"""报送: the owner says that it is done, with proofs and figures. After the deadline it is stored as late, never lost (SY06)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.claims import Filled
from duban_contracts.events.inspections import Found
from duban_contracts.events.tasks import TaskEvidence, TaskFacts, TaskState, TaskSubmitted
from duban_contracts.events.types import Code, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import INTEGRATORS, OFFICES, REGULATORS, SUPERVISORS
from services.scheduler.tasks.model.forms import digest_of, figures_of
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.move import Decision, Hand, Move, Stamp, still_owed

Proofs = Annotated[tuple[TaskEvidence, ...], Meta(max_length=100)]


class Submit(msgspec.Struct, frozen=True, kw_only=True):
    """报送: what was done, the proofs, the figures, and the form of its kind where the kind has one.

    A figure that the form holds as a number need not be given beside it. `filed_on` is the day by the unit's own record.
    `findings` are what an inspection found: each becomes a hazard of the ledger, once under its reference.
    """

    summary: LongText
    evidence: Proofs = ()
    figures: dict[Code, float] = msgspec.field(default_factory=dict)
    form: Filled | None = None
    filed_on: date | None = None
    findings: Found = ()

    @property
    def all_figures(self) -> dict[str, float]:
        """The figures, those that stand in the form among them."""
        return {**figures_of(self.form or {}), **self.figures}

    @property
    def filled(self) -> dict[str, Any] | None:
        """The form as it was filled in, with what was found; None where there is neither."""
        if not self.findings:
            return self.form
        return {**(self.form or {}), "findings": msgspec.to_builtins(self.findings)}

    @property
    def form_sha256(self) -> str | None:
        """The digest of what was filled in, or None where nothing was."""
        return None if self.filled is None else digest_of(self.filled)


def says_nothing_new(task: Task, command: Submit) -> bool:
    """Tell whether what `command` files stands already; after a return the same words are a new filing."""
    return task.state in {TaskState.SUBMITTED, TaskState.ACCEPTED} and (
        (task.summary, task.figures, task.form_sha256) == (command.summary, command.all_figures, command.form_sha256)
        and set(command.evidence) <= set(task.evidence)
    )


def _submit(task: Task, command: Submit, stamp: Stamp, after: TaskFacts) -> Decision:
    strange = sorted({each.demand for each in command.evidence if each.demand} - set(task.plan.evidence))
    if strange:
        return refusal("evidence-not-demanded", field="evidence", demand=strange[0])
    figures = command.all_figures
    missing = [figure for figure in task.plan.figures if figure not in figures]
    if missing:
        return refusal("figures-missing", field="figures", figures=", ".join(missing))
    today = stamp.zone.day_of(stamp.reached_at)
    if command.filed_on is not None and command.filed_on > today:
        return refusal("filed-in-future", field="filed_on", today=today.isoformat(), zone=stamp.zone.name)
    return TaskSubmitted(
        task=msgspec.structs.replace(after, late=task.late or stamp.reached_at > task.due_at),
        actor=stamp.actor,
        occurred_at=stamp.at,
        submitted_at=stamp.reached_at,
        filed_on=command.filed_on,
        summary=command.summary,
        evidence=command.evidence,
        figures=figures,
        form_sha256=command.form_sha256,
    )


SUBMIT: Final = Move(
    name="submit",
    zh="报送任务",
    summary="报送，进入审核；逾期报送照常收下，记为迟报",
    source="S4 part 6(6)",
    command=Submit,
    leads=still_owed(TaskState.SUBMITTED),
    decide=_submit,
    roles=REGULATORS | OFFICES | SUPERVISORS | INTEGRATORS,
    hand=Hand.OWNER,
    refusals=(
        "task-of-another",
        "evidence-not-demanded",
        "figures-missing",
        "form-invalid",
        "form-required",
        "filed-in-future",
        "findings-not-taken",
        "finding-repeated",
        "finding-outside-area",
        "found-in-future",
        "date-too-early",
    ),
)
