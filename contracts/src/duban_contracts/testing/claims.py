"""What a county says, for tests: claims that the contract takes, with anything in them said otherwise on demand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, TypeVar

import msgspec

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.events.claims import HazardRectified, HazardReported, RectificationPlanned, TaskReported
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.types import Channel, Enterprise
from duban_contracts.examples import examples
from duban_contracts.testing.calendar import june, local

COUNTY: Final = "140502"
C = TypeVar("C", bound=EnteredClaim | TaskReported)


def report(reference: str = "AQ-1", **fields: Any) -> HazardReported:
    """Return 隐患上报 under `reference`; `fields` replace what it says."""
    said: dict[str, Any] = {
        "county": COUNTY,
        "reference": reference,
        "channel": Channel.INSPECTION,
        "sector": "hazchem",
        "enterprise": Enterprise(name="示例化工有限公司（虚构）"),
        "place": "储罐区东侧",
        "description": "可燃气体探测器失效，未及时校验",
        "found_on": june(1),
    }
    return HazardReported(**said | fields)


def plan(reference: str = "AQ-1", **fields: Any) -> RectificationPlanned:
    """Return 整改方案 under `reference`; `fields` replace what it says."""
    said: dict[str, Any] = {
        "county": COUNTY,
        "reference": reference,
        "measures": "停用储罐，更换探测器",
        "responsible_post": "安全总监",
        "funds_yuan": 20000,
        "contingency": "停用期间专人值守，备用储罐待命",
        "submitted_by": "enterprise-1",
    }
    return RectificationPlanned(**said | fields)


def rectification(reference: str = "AQ-1", **fields: Any) -> HazardRectified:
    """Return 整改完成 under `reference`; `fields` replace what it says."""
    said: dict[str, Any] = {
        "county": COUNTY,
        "reference": reference,
        "measures": "更换探测器并完成校验",
        "completed_on": june(1),
        "submitted_by": "enterprise-1",
    }
    return HazardRectified(**said | fields)


def example(claim: type[C], reference: str = "DJ-1", *, today: date, **fields: Any) -> C:
    """Return the contract's example of what is about no hazard under `reference`, its days none after `today`."""
    said = until(msgspec.convert(examples()[type_of(claim).name], claim), today)
    return claim(**msgspec.structs.asdict(said) | {"county": COUNTY, "reference": reference} | fields)


def until(said: Any, today: date) -> Any:
    """Return `said`, whatever it is, with none of its days after `today`, at every depth."""
    if isinstance(said, msgspec.Struct):
        fields = {name: until(value, today) for name, value in msgspec.structs.asdict(said).items()}
        return msgspec.structs.replace(said, **fields)
    if isinstance(said, tuple | list):
        return type(said)(until(each, today) for each in said)
    if isinstance(said, dict):
        return {name: until(value, today) for name, value in said.items()}
    return min(said, today) if type(said) is date else said


def sent(claim: EventData, *, event_id: str, at: datetime | None = None, source: str | None = None) -> CloudEvent:
    """Return `claim` in the envelope of its county's system; at the morning of 1 June 2026 unless `at` is given."""
    county = getattr(claim, "county", COUNTY)
    reference = getattr(claim, "reference", None)
    return CloudEvent(
        id=event_id,
        source=source or f"/county/{county}/hazards",
        type=type_of(type(claim)).name,
        data=encode(claim),
        time=at or local(1, 8),
        subject=reference,
        partitionkey=reference,
    )
