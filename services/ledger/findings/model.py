"""What becomes of a finding: the report that it is, or why it can't be one; under whose name; and how a refusal is said."""

from __future__ import annotations

from datetime import datetime

import msgspec

from duban_contracts.events.claims import HazardReported
from duban_contracts.events.findings import FindingRejected, TaskFindingReported, report_of
from duban_contracts.events.types import Actor, FoundBy
from duban_contracts.legible import legible
from duban_contracts.profile import City
from duban_contracts.refusals import Refusal
from duban_contracts.validation import check_finding


def screen(found: TaskFindingReported, city: City) -> HazardReported | Refusal:
    """Return the report that a finding is, judged as of when it was filed, or why it can't be one."""
    wrong = check_finding(found.finding, found.task, city, city.present(found.occurred_at))
    return wrong[0] if wrong else report_of(found.finding, found.task.number)


def inspection(found: TaskFindingReported) -> FoundBy:
    """Return the inspection that a hazard names as its origin."""
    return FoundBy(task_id=found.task.task_id, task_number=found.task.number, unit=found.task.unit)


def inspector(found: TaskFindingReported) -> Actor:
    """Return who reports: whoever filed it, in the name of the unit that inspected."""
    return msgspec.structs.replace(found.actor, unit=found.task.unit)


def rejection(found: TaskFindingReported, refusal: Refusal, at: datetime) -> FindingRejected:
    """Return what the task is told of a finding that can't be recorded."""
    return FindingRejected(
        task=found.task.as_subject(),
        reference=found.finding.reference,
        filing=found.filing,
        code=refusal.code,
        message=refusal.message,
        field=None if refusal.field is None else legible(refusal.field),
        rule=None if refusal.rule is None else legible(refusal.rule),
        rejected_at=at,
    )
