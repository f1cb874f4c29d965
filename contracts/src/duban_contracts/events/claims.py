"""What a county says (上报): claims on `county.<code>.v1`. The ledger's events record what became of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.inspections import Found, FoundOn
from duban_contracts.events.marks import later, past
from duban_contracts.events.tasks import TaskEvidence
from duban_contracts.events.types import (
    Account,
    Channel,
    CountyCode,
    Evidence,
    Grade,
    LongText,
    Reference,
    ReportedEnterprise,
    Sector,
    ShortText,
    Unit,
    Yuan,
)
from duban_contracts.topics import TopicFamily

TaskReference = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z-]+$(?!\n)",
        min_length=1,
        max_length=64,
        description="the task's number or id, as the city gave it",
    ),
]
FigureCode = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_]+$(?!\n)", min_length=2, max_length=63, description="the code of a figure")
]
Filled = Annotated[
    dict[str, Any],
    Meta(
        description="the form of the task's kind as it was filled in (`GET /v1/task-forms`)", extra={"text": "values"}
    ),
]


@event("hazard.reported.v1", family=TopicFamily.CLAIMS, title_zh="隐患上报")
class HazardReported(EventData, frozen=True, kw_only=True):
    """隐患上报: the county found a hazard. `reference`, the county's own number, makes one hazard, once."""

    county: CountyCode
    reference: Reference
    channel: Channel
    sector: Sector
    enterprise: ReportedEnterprise
    place: ShortText
    description: LongText
    found_on: FoundOn
    suggested_grade: Grade | None = None
    township: ShortText | None = None


@event("hazard.rectified.v1", family=TopicFamily.CLAIMS, title_zh="整改完成")
class HazardRectified(EventData, frozen=True, kw_only=True):
    """整改完成: the responsible enterprise says the hazard is fixed and hands in its proof for review."""

    county: CountyCode
    reference: Reference
    measures: LongText
    completed_on: Annotated[date, past("完成日期", "completed-in-future")]
    submitted_by: Account
    evidence: tuple[Evidence, ...] = ()


@event("rectification.planned.v1", family=TopicFamily.CLAIMS, title_zh="整改方案")
class RectificationPlanned(EventData, frozen=True, kw_only=True):
    """整改方案: measures and the responsible post; moves a confirmed hazard to rectifying.

    `funds_yuan` (whole yuan, 0 where it costs nothing) and `contingency` are demanded of a major hazard, unless the city
    decided otherwise.
    """

    county: CountyCode
    reference: Reference
    measures: LongText
    responsible_post: ShortText
    submitted_by: Account
    funds_yuan: Annotated[Yuan, later()] | None = None
    contingency: Annotated[LongText, later()] | None = None


@event("extension.requested.v1", family=TopicFamily.CLAIMS, title_zh="延期申请")
class ExtensionRequested(EventData, frozen=True, kw_only=True):
    """延期申请: whoever mends it asks for a later last day; a regulator decides, and the county hears of it."""

    county: CountyCode
    reference: Reference
    reason: LongText
    deadline_on: date
    submitted_by: Account


@event("task.reported.v1", family=TopicFamily.CLAIMS, title_zh="任务办理")
class TaskReported(EventData, frozen=True, kw_only=True):
    """任务办理: the unit that owns a task says that it is done, with proofs and figures; the scheduler takes it.

    `filed_on` is the day by the county's own record; whether it is late is decided by when the event reached the broker.
    `findings` are what an inspection found: each becomes a hazard of this county, once under its reference.
    """

    county: CountyCode
    reference: TaskReference
    unit: Unit
    summary: LongText
    filed_on: Annotated[date, past("报送日期", "filed-in-future")]
    submitted_by: Account
    evidence: Annotated[tuple[TaskEvidence, ...], Meta(max_length=100)] = ()
    figures: dict[FigureCode, float] = msgspec.field(default_factory=dict)
    form: Filled | None = None
    findings: Found = ()
