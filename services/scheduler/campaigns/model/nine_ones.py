"""The nine mechanisms of the 九个一 (source document 000, items 一 to 九): what each demands beside its number.

The printed table says how often; these demands stand in the prose around it, so they are kept here once and hold for
the table of every year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.scheduler.duties.model.periods import Period

# The month-end meeting with observers that every inspection ends in (item 二).
INSPECTION_MEETING: Final = "inspection_meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One of the nine: its kind, the words by which a printed row is known to be of it, and its demands."""

    number: int
    kind: str
    name: str
    words: tuple[str, ...]
    period: Period
    leads: tuple[str, ...]
    by_departments: bool = False
    follow_up: str | None = None
    year_end: bool = False
    per: str | None = None
    hears: str | None = None
    at_enterprises: bool = False
    approvals: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


_OFFICE: Final = "safety_committee_office"
_LISTED: Final = (
    Mechanism(
        number=1,
        kind="training",
        name="每月重点行业领域企业主要负责人安全培训",
        words=("培训",),
        period=Period.MONTH,
        leads=(_OFFICE,),
        by_departments=True,
        evidence=("培训计划", "考勤记录", "课件"),
    ),
    Mechanism(
        number=2,
        kind="inspection",
        name="每月重点行业领域安全生产专项检查和执法检查",
        words=("执法检查", "专项检查"),
        period=Period.MONTH,
        leads=("sector_departments",),
        by_departments=True,
        follow_up=INSPECTION_MEETING,
        approvals=("inspection_plan",),
        evidence=("检查计划", "检查结果", "检查例会纪要"),
    ),
    Mechanism(
        number=3,
        kind="plenary_meeting",
        name="每季度市安委会全体会议",
        words=("全体会议",),
        period=Period.QUARTER,
        leads=(_OFFICE,),
        year_end=True,
        evidence=("议程", "会议纪要"),
    ),
    Mechanism(
        number=4,
        kind="office_meeting",
        name="每季度市安委办工作例会",
        words=("工作例会",),
        period=Period.QUARTER,
        leads=(_OFFICE,),
        hears="sector_departments",
        evidence=("例会审批件", "会议纪要"),
    ),
    Mechanism(
        number=5,
        kind="drill",
        name="每季度重点行业企业应急演练",
        words=("演练",),
        period=Period.QUARTER,
        leads=("sector_departments",),
        by_departments=True,
        at_enterprises=True,
        evidence=("演练方案", "观摩点评记录"),
    ),
    Mechanism(
        number=6,
        kind="mutual_inspection",
        name="每半年安全生产互观互检",
        words=("互观互检",),
        period=Period.HALF_YEAR,
        leads=("emergency_management",),
        per="counties",
        evidence=("检查点名单", "点评记录"),
    ),
    Mechanism(
        number=7,
        kind="public_notice",
        name="每半年公开通报典型案例和违法行为查处情况",
        words=("公开通报",),
        period=Period.HALF_YEAR,
        leads=("regulatory_departments",),
        by_departments=True,
        per="regulatory_departments",
        evidence=("通报文本", "发布链接"),
    ),
    Mechanism(
        number=8,
        kind="contest",
        name="每年重点行业领域一线岗位工种安全知识技能竞赛",
        words=("竞赛",),
        period=Period.YEAR,
        leads=("emergency_management",),
        evidence=("竞赛方案", "成绩"),
    ),
    Mechanism(
        number=9,
        kind="assessment",
        name="每年县(区)安全管理责任落实情况督查考核",
        words=("督查考核",),
        period=Period.YEAR,
        leads=(_OFFICE, "party_gov_inspection_office"),
        evidence=("考核结果",),
    ),
)
MECHANISMS: Final[Mapping[str, Mechanism]] = {each.kind: each for each in _LISTED}


def kind_of(title: str) -> str | None:
    """Return the kind of a printed row by the mechanism's own words, or None when none or several are in it."""
    found = [each.kind for each in _LISTED if any(word in title for word in each.words)]
    return found[0] if len(found) == 1 else None
