"""The small types that events share: codes, grades, states, actors, the facts of a hazard."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

# Patterns are read by Python and by ECMAScript engines: `[0-9]`, since Python's \d takes any script's digits,
# and a length, since Python's $ lets a final line feed pass.
CountyCode = Annotated[
    str,
    Meta(pattern=r"^[0-9]{6}$", min_length=6, max_length=6, description="县级行政区划代码 (GB/T 2260)"),
]
Reference = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=64,
        description="the county system's own number of the hazard",
        extra={"text": "line"},
    ),
]
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,62}$", description="a code")]
# What a pattern can't say is said by `text`, the rule of :mod:`duban_contracts.admissible.texts` that holds for it.
ShortText = Annotated[
    str,
    Meta(pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)", min_length=1, max_length=200, extra={"text": "line"}),
]
LongText = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]+$",
        min_length=1,
        max_length=4000,
        extra={"text": "lines"},
    ),
]
AttributeText = Annotated[str, Meta(min_length=1, max_length=512, description="an attribute of a CloudEvents envelope")]
Account = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=100,
        description="opaque account id; never a person's name or number",
        extra={"text": "line"},
    ),
]
Identifier = Annotated[str, Meta(min_length=1, max_length=64)]
TownshipCode = Annotated[
    str,
    Meta(pattern=r"^[0-9]{9}$", min_length=9, max_length=9, description="乡级行政区划代码 (GB/T 10114)"),
]
Uscc = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-HJ-NP-RTUW-Y]{18}$",
        min_length=18,
        max_length=18,
        description="统一社会信用代码 (GB 32100)",
    ),
]
# As a county's system has it: a hazard is not turned away for a code that it need not have.
ReportedUscc = Annotated[
    str,
    Meta(
        max_length=64,
        description="统一社会信用代码 (GB 32100); a doubtful one is recorded with a doubt, an empty one is none",
        extra={"text": "loose"},
    ),
]
Yuan = Annotated[int, Meta(ge=0, le=2_000_000_000, description="money in whole yuan (元)")]
Instant = Annotated[datetime, Meta(tz=True, description="an instant with its UTC offset, RFC 3339")]


def _term(vocabulary: str) -> Meta:
    """Return what binds a code to the published vocabulary of that name (see :mod:`duban_contracts.terms`)."""
    return Meta(
        description=f"a code of the vocabulary `{vocabulary}`",
        extra_json_schema={"x-vocabulary": vocabulary},
        extra={"vocabulary": vocabulary},
    )


Sector = Annotated[Code, _term("sectors")]
Unit = Annotated[Code, _term("units")]
Role = Annotated[Code, _term("roles")]
DeliveryChannelCode = Annotated[Code, _term("delivery_channels")]
LetterKindCode = Annotated[Code, _term("letter_kinds")]
SubjectKind = Annotated[Code, _term("subject_kinds")]
DoubtCode = Annotated[Code, _term("doubts")]
AccountabilityResult = Annotated[Code, _term("accountability_results")]

# The subject kinds of a hazard, of the listing and the look-back of one, of an accident's evaluation and of its measures.
HAZARD: Final = "hazard"
LISTING: Final = "listing"
LOOK_BACK: Final = "look_back"
ACCIDENT: Final = "accident"
ACCIDENT_MEASURE: Final = "accident_measure"

DocumentNumber = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=64,
        description="文号 of a document that an authority issued",
        extra={"text": "line"},
    ),
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
