"""What an inspection found (检查发现): said of a task by the scheduler, answered by the ledger.

A finding is a report like a county's, under the same rules; its channel is `inspection`, and it is the inspecting unit
that reports. The hazard that comes of it says so in `hazard.found_by`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.claims import HazardReported
from duban_contracts.events.inspections import FindingReference, InspectionFinding
from duban_contracts.events.tasks import TaskMoved
from duban_contracts.events.types import Channel, Instant, LongText, ShortText, Subject
from duban_contracts.topics import TopicFamily

Filing = Annotated[int, Meta(ge=1, description="counts what was filed under the finding's reference, from 1")]


def report_of(finding: InspectionFinding, task_number: str) -> HazardReported:
    """Return the 隐患上报 that a finding of the task of this number is; its reference is `<task number>/<its own>`."""
    return HazardReported(
        county=finding.county,
        reference=f"{task_number}/{finding.reference}",
        channel=Channel.INSPECTION,
        sector=finding.sector,
        enterprise=finding.enterprise,
        place=finding.place,
        description=finding.description,
        found_on=finding.found_on,
        suggested_grade=finding.suggested_grade,
        township=finding.township,
    )


def own_reference(reference: str, task_number: str) -> str:
    """Return the finding's own reference from that of the report which it was made into by :func:`report_of`."""
    return reference.removeprefix(f"{task_number}/")


@event("task.finding_reported.v1", family=TopicFamily.TASK, title_zh="检查发现上报")
class TaskFindingReported(TaskMoved, frozen=True, kw_only=True):
    """检查发现上报: a submission of an inspection holds this finding, anew or with other content than before.

    It changes nothing of the task and has no aggregate version; readers know a repetition by its event id. Later filings
    under one reference correct the hazard of the first; one that is left out of a later submission stays.
    """

    finding: InspectionFinding
    filing: Filing


@event("finding.rejected.v1", family=TopicFamily.HAZARD, title_zh="检查发现不予受理")
class FindingRejected(EventData, frozen=True, kw_only=True):
    """检查发现不予受理: the ledger can't record this filing: a stable `code`, a Chinese `message`, field and rule.

    Keyed by the task's id, without an aggregate version: it is no hazard's event. What was recorded under the finding's
    reference before stays as it is.
    """

    task: Subject
    reference: FindingReference
    filing: Filing
    code: ShortText
    message: LongText
    field: ShortText | None = None
    rule: ShortText | None = None
    rejected_at: Instant
