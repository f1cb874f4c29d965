"""The 九个一 table of a year: its mechanisms are what the plan requires, each of its rows is a duty with one deadline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duban_contracts.vocabulary import SECTORS, UNITS
from services.scheduler.campaigns.model.nine_ones import MECHANISMS, Mechanism
from services.scheduler.campaigns.model.plan import Plan, Requirement
from services.scheduler.duties.model.duty import Duty, Origin
from services.scheduler.duties.model.periods import Period, last_of_month
from services.scheduler.duties.model.readings import Reading, reading_of_unit
from services.scheduler.duties.model.rules import Deadline
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.units import Phrasebook
from services.scheduler.rosters.model import COUNTIES_AND_MEMBERS

_QUOTAS: Final = {
    "calendar_month": Period.MONTH,
    "calendar_quarter": Period.QUARTER,
    "half_year": Period.HALF_YEAR,
    "calendar_year": Period.YEAR,
}
_YEAR_END: Final = frozenset(each.kind for each in MECHANISMS.values() if each.year_end)
_DECEMBER: Final = 12


class NineOnesRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row as the JSON has it; what it says beside is not needed here."""

    month: Annotated[int, Meta(ge=1, le=12)]
    seq: Annotated[int, Meta(ge=1, le=99)]
    title_zh: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: str
    lead_units: Annotated[tuple[str, ...], Meta(min_length=1, max_length=10)]
    lead_unit_codes: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    leader_role_zh: Annotated[str, Meta(max_length=500)] = ""
    implied_date: date | None = None


class MechanismRow(msgspec.Struct, frozen=True, kw_only=True):
    """One mechanism as the JSON has it."""

    number: int
    kind: str
    name_zh: Annotated[str, Meta(min_length=1, max_length=200)]
    quota_period: str
    min_count_per_period: Annotated[int, Meta(ge=1, le=100)] = 1
    lead_unit: str = ""
    lead_unit_code: str | None = None
    implementing_units: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The table: rows and mechanisms are read one by one, so that each can be wrong by itself."""

    year: Annotated[int, Meta(ge=2000, le=2999)]
    source_file: str
    rows: Annotated[list[Any], Meta(min_length=1, max_length=2000)]
    mechanisms: Annotated[list[Any], Meta(max_length=50)] = []


def read_table(raw: Any, phrases: Phrasebook) -> Read:
    """Return what the table says: one plan with its requirements, and one duty for each row."""
    read = Read()
    table = read.convert(raw, Table, "$")
    if table is None:
        return read
    asked = [_requirement(read, each, index) for index, each in enumerate(table.mechanisms)]
    requirements = tuple(each for each in asked if each) or standing()
    read.plans.append(plan_of(table.year, table.source_file, requirements))
    cells: dict[str, str] = {}
    for index, each in enumerate(table.rows):
        cell = f"$.rows[{index}]"
        row = read.convert(each, NineOnesRow, cell)
        if row is not None:
            add_row(read, row, table.year, table.source_file, phrases, cell, cells)
    add_reports(read, table.year, table.source_file)
    return read


def plan_of(year: int, document: str, requirements: Sequence[Requirement]) -> Plan:
    """Return the plan of a year's table."""
    return Plan(
        code=code_of(year),
        title=f"{year}年“九个一”工作任务分解表",
        document=document,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        requirements=tuple(requirements),
    )


def code_of(year: int) -> str:
    """Return the code of the plan of a year's table."""
    return f"nine-ones-{year}"


def standing() -> tuple[Requirement, ...]:
    """Return what the nine mechanisms require of every year's table."""
    return tuple(_asked(each, each.name, each.period, 1, each.leads) for each in MECHANISMS.values())


def add_row(
    read: Read, row: NineOnesRow, year: int, document: str, phrases: Phrasebook, cell: str, cells: dict[str, str]
) -> None:
    """Add the duty of one row, or what is wrong with it; `cells` holds where each duty was seen first."""
    duty_id = f"no-{year}-{row.month:02}-{row.seq}"
    if duty_id in cells:
        read.error(f"{cell}.seq", "repeated-row", f"month and number stand in {cells[duty_id]} already", row.seq)
        return
    cells[duty_id] = cell
    mechanism = MECHANISMS.get(row.kind)
    if mechanism is None:
        read.error(f"{cell}.kind", "unknown-kind", f"must be one of {', '.join(MECHANISMS)}", row.kind)
        return
    for position, sector in enumerate(row.sectors):
        if sector not in SECTORS:
            read.error(f"{cell}.sectors[{position}]", "unknown-sector", "must be a code of the vocabulary", sector)
    units, assumed = _units(read, row, phrases, cell)
    end = last_of_month(year, row.month)
    read.duties.append(
        Duty(
            duty_id=duty_id,
            kind=row.kind,
            title=row.title_zh,
            rule=Deadline(due_on=end, opens_on=date(year, row.month, 1)),
            valid_from=date(year, 1, 1),
            valid_until=date(year, 12, 31),
            lead=units[0] if units else None,
            helpers=tuple(units[1:]),
            sectors=tuple(sector for sector in row.sectors if sector in SECTORS),
            who="、".join(row.lead_units),
            leader=row.leader_role_zh,
            evidence=mechanism.evidence,
            approvals=mechanism.approvals,
            plan=code_of(year),
            source=Origin(document=document, item=f"{row.month}月{row.seq}"),
            assumed=(*assumed, Reading.MONTH_END.value),
        )
    )


def add_reports(read: Read, year: int, document: str) -> None:
    """Let the meeting at the year's end await a report on duty (述职述责) of each county and member, and ask for them.

    A table without such a meeting asks for none: what is missing is the meeting, and stands among the gaps (SY02, SY10).
    """
    held = [
        (index, duty.rule)
        for index, duty in enumerate(read.duties)
        if duty.kind in _YEAR_END and isinstance(duty.rule, Deadline) and duty.rule.due_on.month == _DECEMBER
    ]
    if not held:
        return
    index, rule = held[-1]
    reports = Duty(
        duty_id=f"no-{year}-reports",
        kind="accountability_report",
        title="全年安全生产述职述责报告",
        rule=rule,
        valid_from=date(year, 1, 1),
        valid_until=date(year, 12, 31),
        per=COUNTIES_AND_MEMBERS,
        who="各县（区）、安委会各成员单位",
        evidence=("述职述责报告",),
        source=Origin(document=document, item="三"),
        printed="年底召开市安委会全体会议，各县（区）、安委会各成员单位要作全年安全生产述职述责报告",
        assumed=(Reading.UNTIL_MEETING.value,),
    )
    read.duties[index] = msgspec.structs.replace(read.duties[index], awaits=(reports.duty_id,))
    read.duties.append(reports)


def _units(read: Read, row: NineOnesRow, phrases: Phrasebook, cell: str) -> tuple[list[str], list[str]]:
    """Return the units of a row, each once and in their order, and what was read into their names."""
    units: list[str] = []
    assumed: list[str] = []
    for position, printed in enumerate(row.lead_units):
        given = row.lead_unit_codes[position] if position < len(row.lead_unit_codes) else None
        at = f"{cell}.lead_units[{position}]"
        who = phrases.read(printed)
        found = list(who.units)
        if given is not None and given not in UNITS:
            read.error(f"{cell}.lead_unit_codes[{position}]", "unknown-unit", "must be a code of the vocabulary", given)
        elif given is not None and found and given not in found:
            read.error(at, "unit-differs", f"the name stands for {', '.join(found)}, the code is {given}", printed)
        elif not found:
            read.warn(at, "unknown-unit", "is no name or alias of the vocabulary units", printed)
            assumed += [reading_of_unit(printed)] if given else []
            found = [given] if given else []
        units += found
    units = list(dict.fromkeys(units))
    if len(units) > 1:
        assumed.append(Reading.FIRST_NAMED_LEADS.value)
    return units, assumed


def _requirement(read: Read, raw: Any, index: int) -> Requirement | None:
    cell = f"$.mechanisms[{index}]"
    row = read.convert(raw, MechanismRow, cell)
    if row is None:
        return None
    mechanism, period = MECHANISMS.get(row.kind), _QUOTAS.get(row.quota_period)
    if mechanism is None:
        read.error(f"{cell}.kind", "unknown-kind", f"must be one of {', '.join(MECHANISMS)}", row.kind)
    if period is None:
        read.error(f"{cell}.quota_period", "unknown-period", f"must be one of {', '.join(_QUOTAS)}", row.quota_period)
    if mechanism is None or period is None:
        return None
    named = (row.lead_unit_code,) if row.lead_unit_code in UNITS and row.lead_unit_code else mechanism.leads
    leads = tuple(dict.fromkeys((*named, *(unit for unit in mechanism.leads if unit in row.implementing_units))))
    return _asked(mechanism, row.name_zh, period, row.min_count_per_period, leads)


def _asked(mechanism: Mechanism, name: str, period: Period, count: int, leads: tuple[str, ...]) -> Requirement:
    return Requirement(
        number=mechanism.number,
        kind=mechanism.kind,
        name=name,
        period=period,
        count=count,
        leads=leads,
        by_departments=mechanism.by_departments,
        follow_up=mechanism.follow_up,
        year_end=mechanism.year_end,
        per=mechanism.per,
        hears=mechanism.hears,
        at_enterprises=mechanism.at_enterprises,
        evidence=mechanism.evidence,
    )
