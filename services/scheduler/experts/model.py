"""An expert, what an inspection asks of one, and why one doesn't fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.tasks import MemberKind, TaskState
from duban_contracts.events.types import Sector, ShortText, Uscc
from duban_contracts.refusals import Refusal, refusal
from services.scheduler.tasks.model.task import NAMES, OPEN, Task

ExpertId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$",
        min_length=1,
        max_length=64,
        description="opaque code of an expert; never a person's name or number",
    ),
]
# The kinds of task on which somebody goes to look at an enterprise.
INSPECTIONS: Final = frozenset({"inspection", "mutual_inspection", "enforcement", "patrol"})
_STAFFED: Final = OPEN | {TaskState.PLANNED}


class Expert(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the pool. `employer` is the enterprise that the expert works for; both days are inclusive."""

    expert_id: ExpertId
    name: Annotated[ShortText, Meta(description="personal data: shown by right alone")]
    sectors: Annotated[tuple[Sector, ...], Meta(min_length=1, max_length=30)]
    employer: Uscc | None = None
    valid_from: date
    valid_until: date | None = None


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What a task asks of its experts: one of its sectors, another employer, and to be in the pool to its last day."""

    sectors: tuple[str, ...]
    enterprise: str
    starts_on: date
    ends_on: date


def inspection_of(
    task: Task, enterprise: str | None, *, sectors: Mapping[str, str], today: date
) -> Inspection | Refusal:
    """Return the inspection that a task is, or why it can be given no expert.

    `enterprise` is inspected where the task names none itself. `sectors` are those of the city's enterprises; they count
    where the task has none.
    """
    if task.plan.kind not in INSPECTIONS:
        return refusal("not-an-inspection", field="name")
    if task.state not in _STAFFED:
        return refusal("task-state-conflict", field="name", state=NAMES[task.state], move="选派专家")
    member = task.plan.member
    own = member.code if member is not None and member.kind is MemberKind.ENTERPRISE else None
    inspected = own or enterprise
    if inspected is None or enterprise not in (None, inspected):
        return refusal("inspected-enterprise-unclear", field="enterprise")
    wanted = task.plan.sectors or ((sectors[inspected],) if inspected in sectors else ())
    if not wanted:
        return refusal("task-without-sector", field="name")
    return Inspection(sectors=wanted, enterprise=inspected, starts_on=today, ends_on=max(today, task.due_on))


def why_not(expert: Expert, inspection: Inspection) -> Refusal | None:
    """Return why an expert can't go along on an inspection, or None."""
    if expert.employer == inspection.enterprise:
        return refusal("expert-of-the-enterprise", field="$.expert_id")
    if not set(expert.sectors) & set(inspection.sectors):
        return refusal("expert-wrong-sector", field="$.expert_id", sectors=", ".join(inspection.sectors))
    if expert.valid_from > inspection.starts_on:
        return refusal("expert-not-yet-valid", field="$.expert_id", since=expert.valid_from)
    if expert.valid_until is not None and expert.valid_until < inspection.ends_on:
        return refusal("expert-retired", field="$.expert_id", until=expert.valid_until)
    return None
