"""Criteria as a workbook: one row a clause, under 行业, 版本, 标准名称, 文号, 施行日期, 废止日期, 条款, 内容."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast
from zipfile import ZipFile

from duban_contracts.findings import Findings
from services.ledger.criteria.model.reading import DEMANDED, HEAD, Row

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COLUMNS: Final[Mapping[str, str]] = {
    "行业": "sector",
    "版本": "version",
    "标准名称": "title",
    "文号": "document",
    "施行日期": "in_force_on",
    "废止日期": "until_on",
    "条款": "code",
    "内容": "text",
}
MOST_ROWS: Final = 10_000
# Rows that are only formatted take a tenth of a kilobyte each in the file's parts, and ten times that in memory.
MOST_UNPACKED_BYTES: Final = 16 * 1024 * 1024
_HEADER_ROWS: Final = 10


def rows_of(content: bytes, found: Findings) -> Iterator[Row]:
    """Yield the rows below the first header; a cell of the version's own that is left open says what stands above it."""
    # Here and not above: a service that never meets a workbook does without the library's memory (6 MB).
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        if sum(part.file_size for part in ZipFile(BytesIO(content)).infolist()) > MOST_UNPACKED_BYTES:
            found.error("$", "too-large", f"must hold at most {MOST_UNPACKED_BYTES >> 20} MiB unpacked")
            return
        book = load_workbook(BytesIO(content), data_only=True)
    except Exception:  # noqa: BLE001 - a damaged file makes the library raise whatever its parts do: of XML, of zlib, of encryption
        found.error("$", "no-workbook", "must be an Excel workbook (.xlsx)")
        return
    for sheet in cast("list[Worksheet]", book.worksheets):
        if (header := _header(sheet)) is not None:
            yield from _rows(sheet, *header, found)
            return
    names = "、".join(title for title, name in COLUMNS.items() if name in DEMANDED)
    found.error("A1", "no-header", f"a row must name the columns {names}")


def _header(sheet: Worksheet) -> tuple[int, Mapping[str, int]] | None:
    """Return the header's row and the place of each column that it names."""
    for number, cells in enumerate(sheet.iter_rows(max_row=_HEADER_ROWS), start=1):
        places = {COLUMNS[title]: at for at, cell in enumerate(cells) if (title := _text(cell.value)) in COLUMNS}
        if all(name in places for name in DEMANDED):
            return number, places
    return None


def _rows(sheet: Worksheet, header: int, places: Mapping[str, int], found: Findings) -> Iterator[Row]:
    last = header + MOST_ROWS
    # Rows that are only formatted say nothing. Of what is there, since to ask row by row would make all cells in between.
    if any(_text(cell.value) for (row, _), cell in sheet._cells.items() if row > last):  # noqa: SLF001
        found.error(f"A{last + 1}", "too-many-rows", f"nothing may stand below row {last}")
        return
    above: dict[str, str] = {}
    # As far as there is something: openpyxl would make a cell for each further place that is asked for.
    for cells in sheet.iter_rows(min_row=header + 1, max_row=min(last, sheet.max_row)):
        said = {name: _text(cells[at].value) for name, at in places.items()}
        if not any(said.values()):
            continue
        if said.get("version"):
            # A version that is named anew says all of its own words anew.
            above = {}
        above |= {name: said[name] for name in HEAD if said.get(name)}
        yield Row({**above, "code": said["code"], "text": said["text"]}, _cells(cells, places))


def _cells(cells: Any, places: Mapping[str, int]) -> Mapping[str, str]:
    first = cells[0].coordinate
    return {name: cells[places[name]].coordinate if name in places else first for name in COLUMNS.values()}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    # A number that is a whole is a clause's or a version's: 3, not 3.0.
    whole = isinstance(value, float) and value.is_integer()
    return "" if value is None else str(int(value) if whole else value).strip()
