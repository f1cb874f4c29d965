"""What a plan lacks (缺口): its requirements compared with its own rows, before anything of it is done (SY02)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Final

from services.scheduler.campaigns.model.plan import Plan, Requirement
from services.scheduler.duties.model.periods import Period, Span, span_of, spans
from services.scheduler.duties.model.readings import Reading, reads_unit

_DECEMBER: Final = 12
# Units that are many: none of them can be asked why something was not done.
_GROUPS: Final = frozenset(
    {"member_units_all", "relevant_departments", "regulatory_departments", "sector_departments", "party_government"}
)
# Hazards of nature: a drill against them is none at an enterprise.
_NATURE: Final = frozenset({"flood_drought", "earthquake_relief", "forest_fire"})
# The committee's office sits in a bureau, and documents name now the one, now the other.
_HOSTS: Final = {"safety_committee_office": "emergency_management"}
_ALL_SECTORS: Final = "all"


class Severity(StrEnum):
    """How much a gap weighs. Hard: the plan breaks its own rule whatever becomes of it."""

    HARD = "hard"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One occurrence of a duty of a plan, as the gap check looks at it.

    `units` are lead and helpers, the lead first; `who` are the printed words.
    """

    duty_id: str
    kind: str
    title: str
    opens_on: date
    due_on: date
    units: tuple[str, ...]
    per: str | None = None
    sectors: tuple[str, ...] = ()
    who: str = ""
    leader: str = ""
    assumed: tuple[str, ...] = ()
    scheduled: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a plan lacks: how much of it is missing, in which periods, and which rows it is about.

    `requirement` is the number of the mechanism that asks for it; None: the plan as a whole.
    """

    code: str
    severity: Severity
    requirement: int | None
    missing: int
    detail: str
    periods: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


def gaps_of(plan: Plan, rows: Sequence[PlanRow]) -> list[Gap]:
    """Return everything that `plan` lacks, the hardest first and then in order of requirement."""
    listed = [row for row in rows if row.scheduled]
    asked = chain.from_iterable(check(plan, each, listed) for each in plan.requirements for check in _OF_REQUIREMENT)
    found = chain(asked, chain.from_iterable(look(rows) for look in _OF_PLAN))
    order = list(Severity)
    return sorted(found, key=lambda gap: (order.index(gap.severity), gap.requirement or 0, gap.code, gap.periods))


def _quota(plan: Plan, asked: Requirement, rows: Sequence[PlanRow]) -> Iterator[Gap]:
    mine = [row for row in rows if row.kind == asked.kind]
    for span in _periods(plan, asked.period):
        missing = asked.count - sum(1 for row in mine if _belongs(row, span))
        if missing > 0:
            detail = f"{asked.name}：{span.key} 应不少于{asked.count}次，缺{missing}次"
            yield Gap("quota-short", Severity.HARD, asked.number, missing, detail, (span.key,))


def _year_end(plan: Plan, asked: Requirement, rows: Sequence[PlanRow]) -> Iterator[Gap]:
    if not asked.year_end:
        return
    for year in range(plan.starts_on.year, plan.ends_on.year + 1):
        if not any(row.kind == asked.kind and (row.due_on.year, row.due_on.month) == (year, _DECEMBER) for row in rows):
            detail = f"{asked.name}：年底须召开述职述责的一次，{year}年12月没有安排"
            yield Gap("year-end-missing", Severity.HARD, asked.number, 1, detail, (f"{year}-{_DECEMBER}",))


def _follow_up(plan: Plan, asked: Requirement, rows: Sequence[PlanRow]) -> Iterator[Gap]:
    del plan
    if asked.follow_up is None:
        return
    meetings = Counter(_month(row) for row in rows if row.kind == asked.follow_up)
    without: list[PlanRow] = []
    for row in sorted((row for row in rows if row.kind == asked.kind), key=lambda each: (each.due_on, each.duty_id)):
        if meetings[_month(row)] > 0:
            meetings[_month(row)] -= 1
        else:
            without.append(row)
    if without:
        months = tuple(_month(row) for row in without)
        detail = f"{asked.name}：每次检查当月月底须召开检查例会，缺{len(without)}次"
        yield Gap("follow-up-missing", Severity.HARD, asked.number, len(without), detail, months, _ids(without))


def _members(plan: Plan, asked: Requirement, rows: Sequence[PlanRow]) -> Iterator[Gap]:
    mine = [row for row in rows if row.kind == asked.kind]
    collective = [row for row in mine if row.per is None]
    if asked.per is not None and collective:
        periods = tuple(span.key for span in _periods(plan, asked.period) if any(_belongs(r, span) for r in collective))
        detail = f"{asked.name}：须由名册“{asked.per}”逐一落实，表中只有合并的{len(collective)}行"
        yield Gap("not-for-each", Severity.MEDIUM, asked.number, len(collective), detail, periods, _ids(collective))
    if asked.hears is not None and not any(row.per == asked.hears for row in mine):
        detail = f"{asked.name}：须年度全覆盖名册“{asked.hears}”，表中看不出谁在何时汇报"
        yield Gap("coverage-unknown", Severity.MEDIUM, asked.number, 1, detail, (), _ids(mine))


def _enterprises(plan: Plan, asked: Requirement, rows: Sequence[PlanRow]) -> Iterator[Gap]:
    if not asked.at_enterprises:
        return
    for span in _periods(plan, asked.period):
        mine = [row for row in rows if row.kind == asked.kind and _belongs(row, span)]
        if mine and all(set(row.sectors) <= _NATURE and row.sectors for row in mine):
            detail = f"{asked.name}：{span.key} 只有自然灾害类，没有重点行业企业的一次"
            yield Gap("no-enterprise", Severity.MEDIUM, asked.number, 1, detail, (span.key,), _ids(mine))


def _leads(plan: Plan, asked: Requirement, rows: Sequence[PlanRow]) -> Iterator[Gap]:
    del plan
    if asked.by_departments or not asked.leads:
        return
    mine = [row for row in rows if row.kind == asked.kind]
    first, *joint = asked.leads
    hosted = [row for row in mine if first not in row.units and _HOSTS.get(first) in row.units]
    foreign = [row for row in mine if first not in row.units and row not in hosted]
    alone = [row for row in mine if not set(joint) <= set(row.units)]
    if foreign:
        detail = f"{asked.name}：正文写明的牵头单位不在表列责任单位之中"
        yield Gap("lead-differs", Severity.MEDIUM, asked.number, len(foreign), detail, (), _ids(foreign))
    if alone:
        detail = f"{asked.name}：正文写明联合牵头，表中缺联合单位"
        yield Gap("joint-lead-missing", Severity.MEDIUM, asked.number, len(alone), detail, (), _ids(alone))
    if hosted:
        detail = f"{asked.name}：正文写安委办，表列其所在部门"
        yield Gap("lead-is-host", Severity.LOW, asked.number, len(hosted), detail, (), _ids(hosted))


def _accountable(rows: Sequence[PlanRow]) -> Iterator[Gap]:
    nobody = [row for row in rows if not row.units and row.per is None]
    group = [row for row in rows if row.per is None and _GROUPS & set(row.units)]
    several = [row for row in rows if Reading.FIRST_NAMED_LEADS in row.assumed and row not in group]
    for code, found, words in (
        ("nobody-named", nobody, "责任单位不在词表中，未下达任务"),
        ("group-named", group, "责任单位是一组单位，没有单独负责者"),
        ("several-named", several, "并列多个责任单位，未写明谁牵头"),
    ):
        if found:
            yield Gap(code, Severity.MEDIUM, None, len(found), f"{len(found)}行{words}", (), _ids(found))


def _schedules(rows: Sequence[PlanRow]) -> Iterator[Gap]:
    unscheduled = [row for row in rows if not row.scheduled]
    monthly = [row for row in rows if Reading.MONTH_END in row.assumed]
    if unscheduled:
        detail = f"{len(unscheduled)}项没有可据以确定期限的文字，未下达任务"
        yield Gap("no-schedule", Severity.MEDIUM, None, len(unscheduled), detail, (), _ids(unscheduled))
    if monthly:
        detail = f"{len(monthly)}行只写月份，期限取当月最后一日"
        yield Gap("no-day", Severity.LOW, None, len(monthly), detail, (), _ids(monthly))


def _leaders(rows: Sequence[PlanRow]) -> Iterator[Gap]:
    named = {row.leader for row in rows if row.leader}
    if len(rows) > 1 and len(named) == 1 and all(row.leader for row in rows):
        detail = f"{len(rows)}行的责任领导都写“{named.pop()}”，没有落到一个岗位"
        yield Gap("one-leader-for-all", Severity.MEDIUM, None, len(rows), detail)


def _words(rows: Sequence[PlanRow]) -> Iterator[Gap]:
    unknown = [row for row in rows if any(map(reads_unit, row.assumed))]
    if unknown:
        detail = f"{len(unknown)}行的单位名称不在词表中"
        yield Gap("unit-unknown", Severity.LOW, None, len(unknown), detail, (), _ids(unknown))
    other = [row for row in rows if row.kind == "inspection" and "专项检查" not in row.title]
    if other and len(other) < sum(1 for row in rows if row.kind == "inspection"):
        detail = f"{len(other)}行未称专项检查，按当月检查计"
        yield Gap("titled-otherwise", Severity.LOW, None, len(other), detail, (), _ids(other))


def _sectors(rows: Sequence[PlanRow]) -> Iterator[Gap]:
    trained = Counter(sector for row in rows if row.kind == "training" for sector in row.sectors)
    inspected = {sector for row in rows if row.kind == "inspection" for sector in row.sectors}
    if not trained or not inspected:
        return
    for code, found, words in (
        ("trained-not-inspected", set(trained) - inspected, "有培训而无检查"),
        ("inspected-not-trained", inspected - set(trained), "有检查而无培训"),
        ("trained-repeatedly", {sector for sector, times in trained.items() if times > 1}, "培训不止一次"),
    ):
        sectors = sorted(found - {_ALL_SECTORS})
        if sectors:
            detail = f"{words}的行业：{'、'.join(sectors)}"
            yield Gap(code, Severity.INFO, None, len(sectors), detail)


_OF_REQUIREMENT: Final[tuple[Callable[[Plan, Requirement, Sequence[PlanRow]], Iterable[Gap]], ...]] = (
    _quota,
    _year_end,
    _follow_up,
    _members,
    _enterprises,
    _leads,
)
_OF_PLAN: Final[tuple[Callable[[Sequence[PlanRow]], Iterable[Gap]], ...]] = (
    _accountable,
    _schedules,
    _leaders,
    _words,
    _sectors,
)


def _periods(plan: Plan, period: Period) -> list[Span]:
    return list(spans(period, plan.starts_on, plan.ends_on))


def _belongs(row: PlanRow, span: Span) -> bool:
    return span.start <= row.due_on <= span.end


def _month(row: PlanRow) -> str:
    return span_of(Period.MONTH, row.due_on).key


def _ids(rows: Iterable[PlanRow]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.duty_id for row in rows))
