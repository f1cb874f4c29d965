"""Criteria as a workbook: one row a clause, under 行业, 版本, 标准名称, 文号, 施行日期, 废止日期, 条款, 内容."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeAlias

from duban_contracts.findings import Findings
from services.ledger.criteria.model.reading import DEMANDED, HEAD, Row

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
HEADER_ROWS: Final = 10


Values: TypeAlias = Mapping[str, Any]
"""What a row says, by the letter of the column."""


def rows_of(sheets: Iterable[tuple[str, Mapping[int, Values]]], found: Findings) -> Iterator[Row]:
    """Yield the rows below the first header; a cell of the version's own that is left open says what stands above it.

    A sheet is its title, and by its number each row that says something.
    """
    for _, rows in sheets:
        if (header := _header(rows)) is not None:
            yield from _rows(rows, *header, found)
            return
    names = "、".join(title for title, name in COLUMNS.items() if name in DEMANDED)
    found.error("A1", "no-header", f"a row must name the columns {names}")


def _header(rows: Mapping[int, Values]) -> tuple[int, Mapping[str, str]] | None:
    """Return the header's row and the letter of each column that it names."""
    for number, values in rows.items():
        places = {COLUMNS[title]: letter for letter, value in values.items() if (title := _text(value)) in COLUMNS}
        if number <= HEADER_ROWS and all(name in places for name in DEMANDED):
            return number, places
    return None


def _rows(rows: Mapping[int, Values], header: int, places: Mapping[str, str], found: Findings) -> Iterator[Row]:
    last = header + MOST_ROWS
    if any(number > last for number in rows):
        found.error(f"A{last + 1}", "too-many-rows", f"nothing may stand below row {last}")
        return
    above: dict[str, str] = {}
    for number, values in rows.items():
        said = {name: _text(values.get(letter)) for name, letter in places.items()}
        if number <= header or not any(said.values()):
            continue
        if said.get("version"):
            # A version that is named anew says all of its own words anew.
            above = {}
        above |= {name: said[name] for name in HEAD if said.get(name)}
        cells = {name: f"{places.get(name, 'A')}{number}" for name in COLUMNS.values()}
        yield Row({**above, "code": said["code"], "text": said["text"]}, cells)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    # A number that is a whole is a clause's or a version's: 3, not 3.0.
    whole = isinstance(value, float) and value.is_integer()
    return "" if value is None else str(int(value) if whole else value).strip()
