"""A finding of an inspection (检查发现的隐患), as units file it with their task: over HTTP, or in a county's event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.admissible.texts import folded
from duban_contracts.events.marks import past
from duban_contracts.events.types import CountyCode, Grade, LongText, ReportedEnterprise, Sector, ShortText

# With the task's number before it, it still is a reference.
FindingReference = Annotated[
    str,
    Meta(
        pattern=r"^[^\u0000-\u001f\u007f]+$(?!\n)",
        min_length=1,
        max_length=40,
        description="the inspecting unit's own number of the finding, one of a kind within its task",
        extra={"text": "line"},
    ),
]
# A hazard found "tomorrow" is one day of another system's clock or zone, not more.
FoundOn = Annotated[date, past("发现日期", "found-in-future", grace=True)]


class InspectionFinding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """检查发现的隐患: what is said of one; `county` is where the enterprise stands, `reference` the unit's own number."""

    reference: FindingReference
    county: CountyCode
    sector: Sector
    enterprise: ReportedEnterprise
    place: ShortText
    description: LongText
    found_on: FoundOn
    suggested_grade: Grade | None = None
    township: ShortText | None = None


def repeated(findings: Sequence[InspectionFinding]) -> list[int]:
    """Return the places of those findings whose reference reads the same as that of one before them."""
    first: dict[str, int] = {}
    return [place for place, each in enumerate(findings) if first.setdefault(folded(each.reference), place) != place]


# What one submission may hold.
Found = Annotated[tuple[InspectionFinding, ...], Meta(max_length=200)]
