"""The 九个一 table as a workbook in the printed layout: 时间, 工作任务, 责任单位, 责任领导; kinds and sectors where there are columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Final, TypeAlias, cast
from zipfile import ZipFile

from duban_contracts.vocabulary import SECTORS
from services.scheduler.campaigns.model.nine_ones import MECHANISMS, kind_of
from services.scheduler.imports.model.nine_ones import NineOnesRow, add_reports, add_row, plan_of, standing
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.units import Phrasebook

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

# A workbook in memory is many times its file: nobody's table is longer.
MOST_ROWS: Final = 2000
# Rows that are only formatted take a tenth of a kilobyte each in the file's parts, and ten times that in memory.
MOST_UNPACKED_BYTES: Final = 16 * 1024 * 1024
_HEADER_ROWS: Final = 10
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

_Cell: TypeAlias = "Cell | MergedCell"


def read_workbook(content: bytes, year: int | None, phrases: Phrasebook, name: str = "workbook") -> Read:
    """Return what the first sheet with the printed columns says; `year` None: the year in its title or sheet name.

    Cells that are merged down hold for every row that they span.
    """
    read = Read()
    sheet, columns, first = _sheet(read, content)
    if sheet is None:
        return read
    last = first + MOST_ROWS - 1
    # Rows that are only formatted say nothing. Of what is there, since to ask row by row would make all cells in between.
    if any(_text(cell) for (row, _), cell in sheet._cells.items() if row > last):  # noqa: SLF001
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
    # As far as there is something: openpyxl would make a cell for each further place that is asked for.
    for cell_row in sheet.iter_rows(min_row=first, max_row=min(last, sheet.max_row)):
        texts = {column: _text(cell_row[index]) for column, index in columns.items()}
        if not any(texts.values()):
            continue
        month = _month_of(read, texts[_MONTH], month, cell_row[columns[_MONTH]])
        if month is None or not texts[_WORK]:
            continue
        months[month] = months.get(month, 0) + 1
        row = _row(read, texts, month, months[month], {name: cell_row[index] for name, index in columns.items()})
        if row is not None:
            at = cell_row[columns[_WORK]].coordinate
            add_row(read, row, year, name, phrases, at, cells)
    if not read.duties and not read.errors:
        read.error("A1", "no-rows", "the table has no rows")
    add_reports(read, year, name)
    return read


def _sheet(read: Read, content: bytes) -> tuple[Worksheet | None, dict[str, int], int]:
    # Here and not above: a service that never meets a workbook does without the library's memory (6 MB).
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        if sum(part.file_size for part in ZipFile(BytesIO(content)).infolist()) > MOST_UNPACKED_BYTES:
            read.error("$", "too-large", f"must hold at most {MOST_UNPACKED_BYTES >> 20} MiB unpacked")
            return None, {}, 0
        book = load_workbook(BytesIO(content), data_only=True)
    except Exception:  # noqa: BLE001 - a damaged file makes the library raise whatever its parts do: of XML, of zlib, of encryption
        read.error("$", "no-workbook", "must be an Excel workbook (.xlsx)")
        return None, {}, 0
    for sheet in cast("list[Worksheet]", book.worksheets):
        for row in sheet.iter_rows(max_row=_HEADER_ROWS):
            titles = {_text(cell): index for index, cell in enumerate(row) if _text(cell)}
            if all(title in titles for title in _DEMANDED):
                known: dict[str, int] = {
                    name: titles[name] for name in (*_DEMANDED, _LEADER, _KIND, _SECTORS) if name in titles
                }
                return sheet, known, (row[0].row or 0) + 1
    read.error("A1", "no-header", f"a row must name the columns {'、'.join(_DEMANDED)}")
    return None, {}, 0


def _year(sheet: Worksheet) -> int | None:
    texts = [sheet.title, *(_text(cell) for row in sheet.iter_rows(max_row=_HEADER_ROWS) for cell in row)]
    found = [match for match in map(_YEAR.search, texts) if match]
    return int(found[0][1]) if found else None


def _month_of(read: Read, text: str, before: int | None, cell: _Cell) -> int | None:
    """Return the month of a row: its own, or that of the row above it where the cell is merged or left open."""
    if not text:
        if before is None:
            read.error(cell.coordinate, "no-month", "must be a month such as 6月")
        return before
    match = _MONTHS.fullmatch(text)
    if match is None:
        read.error(cell.coordinate, "no-month", "must be a month such as 6月", text)
        return before
    return int(match[1])


def _row(
    read: Read, texts: Mapping[str, str], month: int, place: int, cells: Mapping[str, _Cell]
) -> NineOnesRow | None:
    numbered = _NUMBERED.fullmatch(texts[_WORK])
    seq, title = (numbered[1], numbered[2].strip()) if numbered else (None, texts[_WORK])
    title = " ".join(title.split())
    kind = _kind(texts.get(_KIND, ""), title)
    if kind is None:
        cell = cells.get(_KIND, cells[_WORK]).coordinate
        read.error(cell, "unknown-kind", f"must be one of {'、'.join(MECHANISMS)}", texts.get(_KIND) or title)
        return None
    units = tuple(part for part in (text.strip() for text in _LISTED.split(texts[_UNITS])) if part)
    if not units:
        read.error(cells[_UNITS].coordinate, "no-unit", "must name the responsible units")
        return None
    return NineOnesRow(
        month=month,
        seq=int(seq or place),
        title_zh=title,
        kind=kind,
        lead_units=units,
        sectors=tuple(_sectors(read, texts.get(_SECTORS, ""), cells)),
        leader_role_zh=" ".join(texts.get(_LEADER, "").split()),
    )


def _kind(said: str, title: str) -> str | None:
    if not said:
        return kind_of(title)
    return said if said in MECHANISMS else kind_of(said)


def _sectors(read: Read, text: str, cells: Mapping[str, _Cell]) -> Iterator[str]:
    for part in filter(None, (part.strip() for part in _LISTED.split(text))):
        code = SECTORS.match(part)
        if code is None:
            read.warn(cells[_SECTORS].coordinate, "unknown-sector", "is no name of the vocabulary sectors", part)
        else:
            yield code


def _text(cell: _Cell) -> str:
    value = cell.value
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value).strip()
