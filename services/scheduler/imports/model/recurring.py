"""Lists of recurring duties from yearly plans (工作要点): each entry a duty, by rule, deadline, season or occasion."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from services.scheduler.campaigns.model.plan import Plan
from services.scheduler.duties.model.duty import Duty, Origin
from services.scheduler.duties.model.readings import Reading
from services.scheduler.duties.model.rules import Deadline, Unscheduled
from services.scheduler.imports.model.entries import Entry, Unreadable, demands, kind_of, rule_of
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.units import Phrasebook


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The list: entries are read one by one, so that each can be wrong by itself."""

    duties: Annotated[list[Any], Meta(min_length=1, max_length=5000)]


def read_listing(raw: Any, year: int, phrases: Phrasebook) -> Read:
    """Return the duties of a list as they hold from 1 January of `year`, and the plans that they stand in."""
    read = Read()
    listing = read.convert(raw, Listing, "$")
    if listing is None:
        return read
    seen: dict[str, str] = {}
    plans: dict[str, Plan] = {}
    for index, each in enumerate(listing.duties):
        cell = f"$.duties[{index}]"
        entry = read.convert(each, Entry, cell)
        if entry is None:
            continue
        if entry.id in seen:
            read.error(f"{cell}.id", "repeated-row", f"stands in {seen[entry.id]} already", entry.id)
            continue
        seen[entry.id] = cell
        plan = _plan(entry, year)
        duty = _duty(read, entry, year, phrases, cell)
        if duty is not None:
            plans.setdefault(plan.code, plan)
            read.duties.append(duty)
    read.plans += plans.values()
    return read


def _plan(entry: Entry, year: int) -> Plan:
    which = entry.source_file.partition("_")[0].lower()
    number = "" if entry.plan_no is None else f"-p{entry.plan_no}"
    title = "" if entry.plan_no is None else f"（第{entry.plan_no}份要点）"
    return Plan(
        code=f"duties-{which}{number}-{year}",
        title=f"{year}年周期职责：来源文件{which}{title}",
        document=entry.source_file,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
    )


def _duty(read: Read, entry: Entry, year: int, phrases: Phrasebook, cell: str) -> Duty | None:
    try:
        rule, assumed = rule_of(entry, year)
    except Unreadable as broken:
        found = getattr(entry, broken.field, None)
        read.error(f"{cell}.{broken.field}", "unreadable-rule", broken.rule, found)
        return None
    if isinstance(rule, Unscheduled):
        read.warn(cell, "no-schedule", "no date follows from these words", rule.words)
    if isinstance(rule, Deadline) and rule.due_on < date(year, 1, 1):
        read.warn(f"{cell}.frequency", "already-over", f"lies before {year}, no task is made", rule.due_on)
    who = phrases.read(entry.who_zh)
    for words in who.unknown:
        read.warn(f"{cell}.who_zh", "unknown-unit", "is no name or alias of the vocabulary units", words)
    if len(who.units) > 1:
        assumed.append(Reading.FIRST_NAMED_LEADS.value)
    # With its first words unknown, nobody can say who leads.
    units = () if who.unknown and entry.who_zh.startswith(who.unknown[0]) else who.units
    return Duty(
        duty_id=entry.id,
        kind=kind_of(entry),
        title=entry.what_zh,
        rule=rule,
        valid_from=date(year, 1, 1),
        lead=units[0] if units else None,
        helpers=tuple(units[1:]),
        per=who.roster,
        who=entry.who_zh,
        scope=entry.scope,
        evidence=demands(entry),
        plan=_plan(entry, year).code,
        kept_by=entry.service,
        source=Origin(document=entry.source_file, item=str(entry.item_no), plan_no=entry.plan_no),
        printed=entry.printed_zh,
        assumed=tuple(assumed),
    )
