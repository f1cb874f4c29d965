"""Three-year campaigns (治本攻坚三年行动): phases, goals, reports, and a duty for each dated item of each action."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from duban_contracts.vocabulary import UNITS
from services.scheduler.campaigns.model.campaign import Campaign, Goal, Measure, Phase
from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.duty import Duty, Origin
from services.scheduler.duties.model.readings import Reading
from services.scheduler.duties.model.recurrence import BadRule
from services.scheduler.duties.model.rules import Deadline, Quota, Recurrence, Rule
from services.scheduler.imports.model.entries import GENERAL, PERIODS
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.three_year_form import Action, CityPlan, Document, Item, PartOf, Report
from services.scheduler.imports.model.units import Phrasebook, Who

REPORT: Final = "report"
_LEADS: Final = re.compile(r"\blead")
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QUOTAS: Final = {
    "FREQ=DAILY;INTERVAL=1": "P1D",
    "FREQ=WEEKLY;INTERVAL=1": "P1W",
    "FREQ=MONTHLY;INTERVAL=1": "P1M",
    "FREQ=MONTHLY;INTERVAL=2": "P2M",
    "FREQ=MONTHLY;INTERVAL=3": "P3M",
    "FREQ=MONTHLY;INTERVAL=6": "P6M",
    "FREQ=YEARLY;INTERVAL=1": "P1Y",
}


def read_campaigns(raw: Any, phrases: Phrasebook) -> Read:
    """Return one campaign for each city's plan, with its duties."""
    read = Read()
    document = read.convert(raw, Document, "$")
    for index, each in enumerate(document.plans if document else []):
        cell = f"$.plans[{index}]"
        plan = read.convert(each, CityPlan, cell)
        if plan is not None:
            _read_plan(read, plan, cell, phrases)
    return read


def _read_plan(read: Read, plan: CityPlan, cell: str, phrases: Phrasebook) -> None:
    which = plan.source_file.partition("_")[0].lower()
    if int(plan.period[5:]) < max(int(plan.period[:4]), plan.issued_on.year):
        read.error(
            f"{cell}.period", "period-reversed", "must end after it begins and after the plan is issued", plan.period
        )
        return
    code = f"three-year-{which}"
    last = date(int(plan.period.partition("/")[2]), 12, 31)
    actions: list[Measure] = []
    for index, each in enumerate(plan.actions):
        at = f"{cell}.actions[{index}]"
        action = read.convert(each, Action, at)
        if action is None:
            continue
        actions.append(Measure(number=action.no, code=action.code, name=action.name_zh, items=len(action.items)))
        for position, raw_item in enumerate(action.items):
            item = read.convert(raw_item, Item, f"{at}.items[{position}]")
            if item is not None:
                read.duties += _duties_of(read, item, plan, code, last, f"{at}.items[{position}]")
    for number, report in enumerate(plan.reporting, start=1):
        read.duties += _report(read, report, plan, code, number, phrases, f"{cell}.reporting[{number - 1}]")
    read.campaigns.append(_campaign(plan, code, last, actions))


def _campaign(plan: CityPlan, code: str, last: date, actions: Sequence[Measure]) -> Campaign:
    begins = min((phase.start for phase in plan.phases), default=plan.issued_on)
    return Campaign(
        code=code,
        name=f"{plan.city_zh}安全生产治本攻坚三年行动",
        document=plan.doc_no_zh,
        city=plan.city_zh,
        starts_on=begins,
        ends_on=last,
        phases=tuple(
            Phase(
                number=phase.no,
                name=phase.name_zh,
                starts_on=phase.start,
                ends_on=phase.end,
                outputs=phase.outputs,
                printed=phase.end_printed,
            )
            for phase in plan.phases
        ),
        goals=tuple(Goal(by=target.date, text=target.target) for target in plan.targets),
        actions=tuple(actions),
    )


def _duties_of(read: Read, item: Item, plan: CityPlan, code: str, last: date, cell: str) -> Iterator[Duty]:
    """Yield a duty for each deadline and each periodic duty of an item; without any, one that ends with the campaign."""
    units, assumed = _units(read, item, cell)
    name = f"{code}-{item.no:02}"
    for number, dated in enumerate(item.deadlines, start=1):
        rule = Deadline(due_on=dated.date)
        yield _duty(item, plan, code, f"{name}-d{number}", rule, units, scope=dated.what, assumed=assumed)
    for number, periodic in enumerate(item.periodic_duties, start=1):
        period = _QUOTAS.get(periodic.frequency)
        if period is None:
            read.error(
                f"{cell}.periodic_duties[{number - 1}].frequency",
                "unreadable-rule",
                f"must be one of {', '.join(_QUOTAS)}",
                periodic.frequency,
            )
            continue
        # The document names who has to do it in other words than its list of units; nobody is made up.
        at = f"{cell}.periodic_duties[{number - 1}].who"
        read.warn(at, "unknown-unit", "is no name or alias of the vocabulary units", periodic.who)
        rule_of_it = Quota(period=PERIODS[period][0], count=periodic.min_count)
        yield _duty(item, plan, code, f"{name}-r{number}", rule_of_it, (), scope=periodic.what, who=periodic.who)
    if not item.deadlines and not item.periodic_duties:
        until = Deadline(due_on=last)
        yield _duty(item, plan, code, f"{name}-e", until, units, assumed=[*assumed, Reading.CAMPAIGN_END.value])


def _units(read: Read, item: Item, cell: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the units of an item with the lead in front, and what was read into who that is."""
    known: list[PartOf] = []
    for position, part in enumerate(item.roles):
        if part.unit in UNITS:
            known.append(part)
        else:
            at = f"{cell}.roles[{position}].unit"
            read.error(at, "unknown-unit", "must be a code of the vocabulary units", part.unit)
    leads = [part.unit for part in known if _LEADS.search(part.role)]
    units = tuple(dict.fromkeys((*leads, *(part.unit for part in known))))
    return units, [] if leads or len(units) <= 1 else [Reading.FIRST_NAMED_LEADS.value]


def _duty(
    item: Item,
    plan: CityPlan,
    code: str,
    duty_id: str,
    rule: Rule,
    units: Sequence[str],
    *,
    scope: str = "",
    who: str = "",
    assumed: Sequence[str] = (),
) -> Duty:
    return Duty(
        duty_id=duty_id,
        kind=GENERAL,
        title=item.title_zh,
        rule=rule,
        valid_from=plan.issued_on,
        valid_until=date(int(plan.period.partition("/")[2]), 12, 31),
        lead=units[0] if units else None,
        helpers=tuple(units[1:]),
        sectors=item.sectors,
        who=who or "、".join(UNITS.name(unit) for unit in units),
        scope=scope,
        campaign=code,
        source=Origin(document=plan.doc_no_zh, item=str(item.no)),
        assumed=tuple(assumed),
    )


def _report(
    read: Read, report: Report, plan: CityPlan, code: str, number: int, phrases: Phrasebook, cell: str
) -> Iterator[Duty]:
    rule = _rule_of_report(read, report, cell)
    who: Who = phrases.read(report.who)
    for words in who.unknown:
        read.warn(f"{cell}.who", "unknown-unit", "is no name or alias of the vocabulary units", words)
    if rule is not None:
        item = Item(no=900 + number, title_zh=report.what[:150])
        made = _duty(item, plan, code, f"{code}-report-{number}", rule, who.units, who=report.who)
        source = Origin(document=plan.doc_no_zh, item=f"报送{number}")
        yield msgspec.structs.replace(made, kind=REPORT, per=who.roster, source=source)


def _rule_of_report(read: Read, report: Report, cell: str) -> Rule | None:
    """Return by what a report falls due; None, with a doubt noted, where no date is given."""
    if report.recurrence is not None:
        try:
            return Recurrence(rrule=recurrence.normalised(report.recurrence))
        except BadRule as error:
            read.error(f"{cell}.recurrence", "unreadable-rule", str(error), report.recurrence)
            return None
    if report.due is not None and _ISO_DAY.fullmatch(report.due):
        return Deadline(due_on=date.fromisoformat(report.due))
    read.warn(f"{cell}.due", "no-schedule", "no date follows from these words", report.due or report.what)
    return None
