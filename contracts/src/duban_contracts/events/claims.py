"""What a county says (上报): claims on `county.<code>.v1`. The ledger's events record what became of them."""

from __future__ import annotations

from datetime import date

from duban_contracts.catalogue import EventData, event
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
)
from duban_contracts.topics import TopicFamily


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
    found_on: date
    suggested_grade: Grade | None = None
    township: ShortText | None = None


@event("hazard.rectified.v1", family=TopicFamily.CLAIMS, title_zh="整改完成")
class HazardRectified(EventData, frozen=True, kw_only=True):
    """整改完成: the responsible enterprise says the hazard is fixed and hands in its proof for review."""

    county: CountyCode
    reference: Reference
    measures: LongText
    completed_on: date
    submitted_by: Account
    evidence: tuple[Evidence, ...] = ()


@event("rectification.planned.v1", family=TopicFamily.CLAIMS, title_zh="整改方案")
class RectificationPlanned(EventData, frozen=True, kw_only=True):
    """整改方案: measures and the responsible post; moves a confirmed hazard to rectifying."""

    county: CountyCode
    reference: Reference
    measures: LongText
    responsible_post: ShortText
    submitted_by: Account
