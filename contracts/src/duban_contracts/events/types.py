"""The small types that events share: codes, grades, states, actors, the facts of a hazard."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated

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
    ),
]
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,62}$", description="a code of a published vocabulary")]
# Control characters have no place in a name or a letter's heading, and PostgreSQL can't hold U+0000.
ShortText = Annotated[str, Meta(pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)", min_length=1, max_length=200)]
LongText = Annotated[
    str,
    Meta(pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]+$", min_length=1, max_length=4000),
]
AttributeText = Annotated[str, Meta(min_length=1, max_length=512, description="an attribute of a CloudEvents envelope")]
Account = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=100,
        description="opaque account id; never a person's name or number",
    ),
]
Identifier = Annotated[str, Meta(min_length=1, max_length=64)]
Uscc = Annotated[str, Meta(pattern=r"^[0-9A-HJ-NP-RTUW-Y]{18}$", min_length=18, max_length=18)]
Instant = Annotated[datetime, Meta(tz=True, description="an instant with its UTC offset, RFC 3339")]


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


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it: an opaque account, the role it acted in and its unit's code."""

    account: Account
    role: Code
    unit: Code | None = None


class Enterprise(msgspec.Struct, frozen=True, kw_only=True):
    """生产经营单位 where the hazard stands; `uscc` is the 18-character 统一社会信用代码."""

    name: ShortText
    uscc: Uscc | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A proof kept by the publisher: its name and the SHA-256 of its bytes, so that it can't be swapped."""

    name: ShortText
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", min_length=64, max_length=64)]


class HazardFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a hazard is after the event that carries it; a reader needs no earlier event to know it.

    `deadline_on` is the last day, inclusive, in Asia/Shanghai.
    """

    hazard_id: Identifier
    number: Identifier
    county: CountyCode
    reference: Reference
    channel: Channel
    sector: Code
    state: HazardState
    grade: Grade | None = None
    responsible_unit: Code | None = None
    deadline_on: date | None = None
    overdue: bool = False
