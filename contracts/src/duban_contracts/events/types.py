"""The small types that events share: codes, grades, states, actors, the facts of a hazard."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.events.scalars import (
    ACCIDENT,
    ACCIDENT_MEASURE,
    HAZARD,
    LISTING,
    LOOK_BACK,
    Account,
    AccountabilityResult,
    AttributeText,
    Code,
    CountyCode,
    DeliveryChannelCode,
    DocumentNumber,
    DoubtCode,
    Identifier,
    Instant,
    LetterKindCode,
    LongText,
    Reference,
    ReportedUscc,
    Role,
    Sector,
    ShortText,
    SubjectKind,
    TownshipCode,
    Unit,
    Uscc,
    Yuan,
)

# What is said again here of the scalars; the rest is this module's own.
__all__ = [
    "ACCIDENT",
    "ACCIDENT_MEASURE",
    "HAZARD",
    "LISTING",
    "LOOK_BACK",
    "Account",
    "AccountabilityResult",
    "AttributeText",
    "Code",
    "CountyCode",
    "DeliveryChannelCode",
    "DocumentNumber",
    "DoubtCode",
    "Identifier",
    "Instant",
    "LetterKindCode",
    "LongText",
    "Reference",
    "ReportedUscc",
    "Role",
    "Sector",
    "ShortText",
    "SubjectKind",
    "TownshipCode",
    "Unit",
    "Uscc",
    "Yuan",
]


class Channel(enum.StrEnum):
    """How a hazard was found: the three discovery channels."""

    SELF_REPORT = "self_report"
    INSPECTION = "inspection"
    VERIFIED_TIP = "verified_tip"


class Grade(enum.StrEnum):
    """一般 / 重大事故隐患; major is decided by published criteria."""

    GENERAL = "general"
    MAJOR = "major"


class HazardState(enum.StrEnum):
    """Where a hazard stands in its life cycle."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    RECTIFYING = "rectifying"
    IN_REVIEW = "in_review"
    CLOSED = "closed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class ListingLevel(enum.StrEnum):
    """挂牌督办 by whom: the safety committee of the city or of a county, a county's government, a department."""

    CITY = "city"
    COUNTY = "county"
    COUNTY_GOVERNMENT = "county_government"
    DEPARTMENT = "department"


class Actor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who did it: an opaque account, the role it acted in and its unit's code."""

    account: Account
    role: Role
    unit: Unit | None = None


class Subject(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a letter or a deadline is about: its kind, its id on this platform, and the number that people call it by."""

    kind: SubjectKind
    id: Identifier
    number: Identifier


class ReportedEnterprise(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """生产经营单位 as a county names it; whatever its `uscc` is, the hazard is recorded."""

    name: ShortText
    uscc: ReportedUscc | None = None


class Enterprise(ReportedEnterprise, frozen=True, kw_only=True):
    """生产经营单位 where the hazard stands; `uscc` is the 18-character 统一社会信用代码."""

    uscc: Uscc | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A proof kept by the publisher: its name and the SHA-256 of its bytes, so that it can't be swapped."""

    name: ShortText
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", min_length=64, max_length=64)]


class Listing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """挂牌督办 of a hazard that is not lifted: `number` counts the hazard's listings from 1.

    `authority` is the unit that listed it and alone may lift it, of `county` or, without one, of the city. `document` is
    that authority's own. `deadline_on` is the last day, inclusive, and another than the hazard's; `overdue` says that 督办
    逾期 of it was noted.
    """

    number: Annotated[int, Meta(ge=1)]
    level: ListingLevel
    authority: Unit
    county: CountyCode | None = None
    document: DocumentNumber
    deadline_on: date
    overdue: bool = False

    def as_subject(self, hazard_id: str) -> Subject:
        """Return the listing of this hazard as the subject of a letter or a deadline."""
        return Subject(kind=LISTING, id=f"{hazard_id}/{self.number}", number=self.document)


class StopKind(enum.StrEnum):
    """What is ordered to stop (《安全生产法》 article 65): production and business (停产停业), or the use of something (停止使用)."""

    PRODUCTION = "production"
    USE = "use"


class StopScope(enum.StrEnum):
    """How much of it stops: 全部 or 局部."""

    WHOLE = "whole"
    PART = "part"


class StopOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """责令停产停业 or 停止使用 that is not lifted: `number` counts those about the hazard from 1.

    `authority` is the unit that ordered it, of `county` or, without one, of the city. `part` says what stops where not all
    does. It holds from `since` on.
    """

    number: Annotated[int, Meta(ge=1)]
    kind: StopKind
    scope: StopScope
    part: ShortText | None = None
    authority: Unit
    county: CountyCode | None = None
    document: DocumentNumber
    since: date


class PlannedLookBack(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """回头看 that a hazard's closure number `closure` (from 1) is given, until the end of `due_on`."""

    closure: Annotated[int, Meta(ge=1)]
    due_on: date

    def as_subject(self, hazard: HazardFacts) -> Subject:
        """Return the look-back as the subject of a letter or a deadline."""
        return Subject(kind=LOOK_BACK, id=f"{hazard.hazard_id}/{self.closure}", number=hazard.number)


class FoundBy(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The inspection (检查任务) that found a hazard: the task's id and number, and the unit that inspected."""

    task_id: Identifier
    task_number: Identifier
    unit: Unit


class HazardFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a hazard is after the event that carries it; a reader needs no earlier event to know it.

    `deadline_on` is the last day, inclusive, in the city's time zone. `township` is the division in which the hazard
    stands, where the ledger could tell it from the report; `enterprise_uscc` the code of the enterprise that was
    named. With county and sector they say who may see it. `found_by` is the inspection that reported it, None where a
    county did. `doubts` says what in the report is doubtful. `listing` is the 挂牌督办 that holds, if any, `stopped`
    the 责令停产停业.
    """

    hazard_id: Identifier
    number: Identifier
    county: CountyCode
    reference: Reference
    channel: Channel
    sector: Sector
    state: HazardState
    grade: Grade | None = None
    responsible_unit: Unit | None = None
    deadline_on: date | None = None
    overdue: bool = False
    township: TownshipCode | None = None
    enterprise_uscc: Uscc | None = None
    doubts: tuple[DoubtCode, ...] = ()
    found_by: FoundBy | None = None
    listing: Listing | None = None
    stopped: StopOrder | None = None

    def as_subject(self) -> Subject:
        """Return the hazard as the subject of a letter or a deadline."""
        return Subject(kind=HAZARD, id=self.hazard_id, number=self.number)
