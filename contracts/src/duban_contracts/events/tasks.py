"""What becomes of tasks (任务), on `scheduler.task.v1`, keyed by task id.

`aggregateversion` counts a task's events from 1 without gaps. Reminders (`task.due_soon`, `task.reminded`) change nothing
of a task and have none; readers know a repetition by its event id. Nobody's name, and nothing of what a form records
beyond sums, is in any of them.
"""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import (
    Actor,
    Code,
    CountyCode,
    Evidence,
    Identifier,
    Instant,
    LongText,
    Sector,
    ShortText,
    Subject,
    Unit,
)
from duban_contracts.topics import TopicFamily

# The subject kind of a task.
TASK: Final = "task"

DivisionCode = Annotated[CountyCode, Meta(description="the county whose people do it, or the city itself (GB/T 2260)")]
FormDigest = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}$", min_length=64, max_length=64, description="SHA-256 of the form as it was filled in"
    ),
]


class TaskState(enum.StrEnum):
    """Where a task stands: 计划, 下达, 签收, 已报送, 已退回, 办结, 豁免, 取消. Whether it is late is said beside it.

    A planned task (计划) waits for its window to open; its first event is 下达.
    """

    PLANNED = "planned"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WAIVED = "waived"
    CANCELLED = "cancelled"


class MemberKind(enum.StrEnum):
    """What the members of a roster are."""

    COUNTY = "county"
    UNIT = "unit"
    ENTERPRISE = "enterprise"


class Member(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A member of a roster (名册) that a task is about: a county by its division code, a unit, an enterprise."""

    kind: MemberKind
    code: Identifier
    name: ShortText


class Source(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where it is written: the document, and the item in it."""

    document: ShortText
    item: ShortText


class TaskEvidence(Evidence, frozen=True, kw_only=True):
    """A proof (佐证材料), and which of the demanded ones it is."""

    demand: ShortText | None = None


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a task is after the event that carries it; a reader needs no earlier event to know it.

    `unit` owns the task (牵头), `helpers` assist (配合). `county` is the division whose people do it. `due_on` is the last
    day in force, inclusive, `due_at` the instant (UTC) at which it passes; `deadline_number` counts the deadlines that it has had, from 1. `late` stays once it is true.
    """

    task_id: Identifier
    number: Identifier
    kind: Code
    title: ShortText
    duty_id: Identifier
    duty_version: Annotated[int, Meta(ge=1)]
    period: ShortText
    due_on: date
    due_at: Instant
    deadline_number: Annotated[int, Meta(ge=1)] = 1
    county: DivisionCode
    unit: Unit
    helpers: tuple[Unit, ...] = ()
    member: Member | None = None
    sectors: tuple[Sector, ...] = ()
    state: TaskState
    late: bool = False
    plan: ShortText | None = None
    campaign: ShortText | None = None
    phase: ShortText | None = None

    @property
    def sector(self) -> Sector | None:
        """The one sector that it is of; None where it is of several or of none, and its area alone bounds who sees it."""
        return self.sectors[0] if len(self.sectors) == 1 else None

    def as_subject(self) -> Subject:
        """Return the task as the subject of a letter or a deadline."""
        return Subject(kind=TASK, id=self.task_id, number=self.number)


class TaskEvent(EventData, frozen=True, kw_only=True):
    """What all task events carry: the facts after the event, and when it happened (UTC)."""

    task: TaskFacts
    occurred_at: Instant


class TaskMoved(TaskEvent, frozen=True, kw_only=True):
    """What events carry that somebody caused; the others are the clock's."""

    actor: Actor


@event("task.assigned.v1", family=TopicFamily.TASK, title_zh="任务下达")
class TaskAssigned(TaskEvent, frozen=True, kw_only=True):
    """任务下达: its window opened; to be done by `task.due_on`, with these proofs, figures and approvals.

    `assumed` holds printed words without a number (定期) that were given one.
    """

    period_start: date
    period_end: date
    window_start: date
    evidence: tuple[ShortText, ...] = ()
    figures: tuple[Code, ...] = ()
    approvals: tuple[Code, ...] = ()
    source: Source | None = None
    assumed: tuple[ShortText, ...] = ()


@event("task.acknowledged.v1", family=TopicFamily.TASK, title_zh="任务签收")
class TaskAcknowledged(TaskMoved, frozen=True, kw_only=True):
    """任务签收: the unit has seen it."""


@event("task.submitted.v1", family=TopicFamily.TASK, title_zh="任务报送")
class TaskSubmitted(TaskMoved, frozen=True, kw_only=True):
    """任务报送: the owner says that it is done; `form_sha256` is its form's, `filed_on` the day by the unit's own record."""

    submitted_at: Instant
    filed_on: date | None = None
    summary: LongText
    evidence: tuple[TaskEvidence, ...] = ()
    figures: dict[Code, float] = msgspec.field(default_factory=dict)
    form_sha256: FormDigest | None = None


@event("task.supplemented.v1", family=TopicFamily.TASK, title_zh="补充材料")
class TaskSupplemented(TaskMoved, frozen=True, kw_only=True):
    """补充材料: further proofs, such as the record of a meeting that was held later."""

    evidence: tuple[TaskEvidence, ...]


@event("task.approved.v1", family=TopicFamily.TASK, title_zh="任务审定")
class TaskApproved(TaskMoved, frozen=True, kw_only=True):
    """任务审定: the director or a deputy gave an approval that the mechanism demands."""

    approval: Code
    remark: LongText


@event("task.accepted.v1", family=TopicFamily.TASK, title_zh="任务办结")
class TaskAccepted(TaskMoved, frozen=True, kw_only=True):
    """任务办结: another account than the submitter's checked it; nothing that is demanded is missing."""

    review: LongText


@event("task.returned.v1", family=TopicFamily.TASK, title_zh="任务退回")
class TaskReturned(TaskMoved, frozen=True, kw_only=True):
    """任务退回: found wanting; `task.due_on` is until when it has to be submitted again."""

    reason: LongText


@event("task.renewed.v1", family=TopicFamily.TASK, title_zh="责令补办")
class TaskRenewed(TaskMoved, frozen=True, kw_only=True):
    """责令补办: what is late has to be made up by the new `task.due_on`; it stays late."""

    reason: LongText


@event("task.waived.v1", family=TopicFamily.TASK, title_zh="任务豁免")
class TaskWaived(TaskMoved, frozen=True, kw_only=True):
    """任务豁免: need not be done, with the reason and who approved it (a post or a document, never a person)."""

    reason: LongText
    approved_by: ShortText


@event("task.cancelled.v1", family=TopicFamily.TASK, title_zh="任务取消")
class TaskCancelled(TaskMoved, frozen=True, kw_only=True):
    """任务取消: assigned by mistake, or its duty or member is there no more."""

    reason: LongText


@event("task.overdue.v1", family=TopicFamily.TASK, title_zh="任务逾期")
class TaskOverdue(TaskEvent, frozen=True, kw_only=True):
    """任务逾期: the deadline passed without a submission; raised once for each deadline (promise P3).

    It passed at `task.due_at`; `occurred_at` is when the scheduler said so.
    """

    about: Subject


@event("task.due_soon.v1", family=TopicFamily.TASK, title_zh="任务到期提醒")
class TaskDueSoon(TaskEvent, frozen=True, kw_only=True):
    """任务到期提醒: `days_left` whole days remain, counting the last day."""

    about: Subject
    days_left: int


@event("task.reminded.v1", family=TopicFamily.TASK, title_zh="任务催办")
class TaskReminded(TaskEvent, frozen=True, kw_only=True):
    """任务催办: the one reminder after the deadline, on a working day, of what is still not submitted."""

    about: Subject
