"""The 九个一 table as a workbook in the printed layout: 时间, 工作任务, 责任单位, 责任领导; kinds and sectors where there are columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeAlias

from duban_contracts.vocabulary import SECTORS
from services.scheduler.campaigns.model.nine_ones import MECHANISMS, kind_of
from services.scheduler.imports.model.nine_ones import NineOnesRow, add_reports, add_row, plan_of, standing
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.units import Phrasebook

# Nobody's table is longer.
MOST_ROWS: Final = 2000
HEADER_ROWS: Final = 10
_MONTH: Final = "时间"
_WORK: Final = "工作任务"
_UNITS: Final = "责任单位"
_LEADER: Final = "责任领导"
_KIND: Final = "类别"
_SECTORS: Final = "行业"
_DEMANDED: Final = (_MONTH, _WORK, _UNITS)
_MONTHS: Final = re.compile(r"(1[0-2]|[1-9])月份?")
_NUMBERED: Final = re.compile(r"(?:(\d{1,2})[..、])?\s*(?:开展|举办|组织|召开)?(?:\d次)?(.+?)[。;；]?", re.DOTALL)
_LISTED: Final = re.compile(r"[、,，;；\n](?![^()（）]*[)）])|及(?=各相关部门)")
_YEAR: Final = re.compile(r"(20[0-9]{2})年")

Sheet: TypeAlias = tuple[str, Mapping[int, Mapping[str, Any]]]
"""A title, and by its number each row that says something, with the values by the letter of their column."""


def read_workbook(sheets: Iterable[Sheet], year: int | None, phrases: Phrasebook, name: str = "workbook") -> Read:
    """Return what the first sheet with the printed columns says; `year` None: the year in its title or sheet name.

    Cells that are merged down hold for every row that they span.
    """
    read = Read()
    found = _table(sheets)
    if found is None:
        read.error("A1", "no-header", f"a row must name the columns {'、'.join(_DEMANDED)}")
        return read
    sheet, columns, first = found
    last = first + MOST_ROWS - 1
    if any(number > last for number in sheet[1]):
        read.error(f"A{last + 1}", "too-many-rows", f"nothing may stand below row {last}")
        return read
    year = year or _year(sheet)
    if year is None:
        read.error("A1", "no-year", "the year must stand in the title, or be given")
        return read
    read.plans.append(plan_of(year, name, standing()))
    months: dict[int, int] = {}
    cells: dict[str, str] = {}
    month: int | None = None
    for number, values in sheet[1].items():
        texts = {column: _text(values.get(letter)) for column, letter in columns.items()}
        if number < first or not any(texts.values()):
            continue
        at = {column: f"{letter}{number}" for column, letter in columns.items()}
        month = _month_of(read, texts[_MONTH], month, at[_MONTH])
        if month is None or not texts[_WORK]:
            continue
        months[month] = months.get(month, 0) + 1
        row = _row(read, texts, month, months[month], at)
        if row is not None:
            add_row(read, row, year, name, phrases, at[_WORK], cells)
    if not read.duties and not read.errors:
        read.error("A1", "no-rows", "the table has no rows")
    add_reports(read, year, name)
    return read


def _table(sheets: Iterable[Sheet]) -> tuple[Sheet, Mapping[str, str], int] | None:
    """Return the first sheet with a header, the letter of each column that it names, and the first row below it."""
    for sheet in sheets:
        for number, values in _head(sheet):
            titles = {_text(value): letter for letter, value in values.items()}
            if all(title in titles for title in _DEMANDED):
                known = (*_DEMANDED, _LEADER, _KIND, _SECTORS)
                return sheet, {name: titles[name] for name in known if name in titles}, number + 1
    return None


def _head(sheet: Sheet) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((number, values) for number, values in sheet[1].items() if number <= HEADER_ROWS)


def _year(sheet: Sheet) -> int | None:
    texts = [sheet[0], *(_text(value) for _, values in _head(sheet) for value in values.values())]
    found = [match for match in map(_YEAR.search, texts) if match]
    return int(found[0][1]) if found else None


def _month_of(read: Read, text: str, before: int | None, at: str) -> int | None:
    """Return the month of a row: its own, or that of the row above it where the cell is merged or left open."""
    if not text:
        if before is None:
            read.error(at, "no-month", "must be a month such as 6月")
        return before
    match = _MONTHS.fullmatch(text)
    if match is None:
        read.error(at, "no-month", "must be a month such as 6月", text)
        return before
    return int(match[1])


def _row(read: Read, texts: Mapping[str, str], month: int, place: int, at: Mapping[str, str]) -> NineOnesRow | None:
    numbered = _NUMBERED.fullmatch(texts[_WORK])
    seq, title = (numbered[1], numbered[2].strip()) if numbered else (None, texts[_WORK])
    title = " ".join(title.split())
    kind = _kind(texts.get(_KIND, ""), title)
    if kind is None:
        read.error(
            at.get(_KIND, at[_WORK]),
            "unknown-kind",
            f"must be one of {'、'.join(MECHANISMS)}",
            texts.get(_KIND) or title,
        )
        return None
    units = tuple(part for part in (text.strip() for text in _LISTED.split(texts[_UNITS])) if part)
    if not units:
        read.error(at[_UNITS], "no-unit", "must name the responsible units")
        return None
    return NineOnesRow(
        month=month,
        seq=int(seq or place),
        title_zh=title,
        kind=kind,
        lead_units=units,
        sectors=tuple(_sectors(read, texts.get(_SECTORS, ""), at)),
        leader_role_zh=" ".join(texts.get(_LEADER, "").split()),
    )


def _kind(said: str, title: str) -> str | None:
    if not said:
        return kind_of(title)
    return said if said in MECHANISMS else kind_of(said)


def _sectors(read: Read, text: str, at: Mapping[str, str]) -> Iterator[str]:
    for part in filter(None, (part.strip() for part in _LISTED.split(text))):
        code = SECTORS.match(part)
        if code is None:
            read.warn(at[_SECTORS], "unknown-sector", "is no name of the vocabulary sectors", part)
        else:
            yield code


def _text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value).strip()
