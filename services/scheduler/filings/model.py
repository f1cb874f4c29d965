"""What a county's filing asks for, and what is said of it: pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from duban_contracts.admissible.dates import Present
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import TaskReported
from duban_contracts.events.feedback import ClaimOutcome
from duban_contracts.refusals import Refusal, violation
from duban_contracts.validation import check_claim
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves import Submit

_LATE: Final = "报送时已超过期限，记为迟报"
_REPEATED: Final = "与已报送的内容相同，不再重复记录"


def screen(event: CloudEvent, data: EventData, speaking: str, present: Present) -> TaskReported | Refusal:
    """Return the filing that a readable event is of the county that is speaking, or why it can't be one.

    `present` is the day on which the broker took the event.
    """
    if not isinstance(data, TaskReported):
        return violation("not-a-claim", "type", type=event.type)
    found = check_claim(event, speaking, present, data)
    return found[0] if found else data


def command_of(filing: TaskReported) -> Submit:
    """Return what is asked for, as it would be over HTTP."""
    return Submit(
        summary=filing.summary,
        evidence=filing.evidence,
        figures=dict(filing.figures),
        form=filing.form,
        filed_on=filing.filed_on,
        findings=filing.findings,
    )


def in_the_claim(why: Refusal) -> Refusal:
    """Return a refusal of the same words over HTTP with the field as a claim calls it: what names the task."""
    return msgspec.structs.replace(why, field="reference") if why.field == "name" else why


def said_of(task: Task, outcome: ClaimOutcome) -> dict[str, Any]:
    """Return what the answer to a filing says beside which claim it answers."""
    late = _LATE if task.late else None
    return {
        "task_id": task.task_id,
        "number": task.number,
        "outcome": outcome,
        "late": task.late,
        "message": _REPEATED if outcome is ClaimOutcome.DUPLICATE else late,
    }
