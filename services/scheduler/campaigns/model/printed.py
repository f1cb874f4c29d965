"""A plan in the layout in which it is printed: 时间, 工作任务, 责任单位, 责任领导, month by month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Final

from duban_contracts.vocabulary import UNITS
from services.scheduler.campaigns.model.gaps import PlanRow

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COLUMNS: Final = ("时间", "工作任务", "责任单位", "责任领导")
_WIDTHS: Final = (10, 60, 36, 20)
# A cell that begins with one of these would be run as a formula by whoever opens the sheet.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; `month` as 2024-06, `work` numbered within it."""

    month: str
    work: str
    units: str
    leader: str


def lines_of(rows: Iterable[PlanRow], month: str | None = None) -> list[Line]:
    """Return the lines of a plan in order, those of `month` (2024-06) alone where it is given.

    Units stand as the document prints them; where it doesn't, by their names in the vocabulary, the lead first.
    """
    listed = sorted((row for row in rows if row.scheduled), key=lambda row: (_month(row), row.opens_on, row.duty_id))
    lines: list[Line] = []
    for name, group in groupby(listed, key=_month):
        if month in (None, name):
            lines += [
                Line(name, f"{number}.{row.title}", row.who or _names(row), row.leader)
                for number, row in enumerate(group, start=1)
            ]
    return lines


def markdown(title: str, lines: Sequence[Line]) -> str:
    """Return the table as Markdown."""
    head = [f"# {_plain(title)}", "", f"| {' | '.join(COLUMNS)} |", "|---|---|---|---|"]
    body = [
        f"| {' | '.join(_plain(text) for text in (_shown(line, before), line.work, line.units, line.leader))} |"
        for before, line in zip((None, *lines), lines, strict=False)
    ]
    return "\n".join([*head, *body, ""])


def workbook(title: str, lines: Sequence[Line]) -> bytes:
    """Return the table as a workbook; the months are merged down, as printed. It can be loaded again."""
    # Here and not above: a service that never meets a workbook does without the library's memory (6 MB).
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook()
    sheet: Worksheet = book.active  # type: ignore[assignment]
    sheet.title = "任务分解表"
    sheet.append([_harmless(title)])
    sheet.append(COLUMNS)
    for before, line in zip((None, *lines), lines, strict=False):
        sheet.append([_harmless(text) for text in (_shown(line, before), line.work, line.units, line.leader)])
    _lay_out(sheet, lines)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _lay_out(sheet: Worksheet, lines: Sequence[Line]) -> None:
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415

    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(COLUMNS))
    first = 3
    for _, group in groupby(lines, key=lambda line: line.month):
        last = first + sum(1 for _ in group) - 1
        sheet.merge_cells(start_row=first, end_row=last, start_column=1, end_column=1)
        first = last + 1
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            if (cell.row or 0) <= 2:  # noqa: PLR2004 - title and header
                cell.font = Font(bold=True)
    for letter, width in zip("ABCD", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width


def _shown(line: Line, before: Line | None) -> str:
    """Return the month where it is the first line of it: 6月."""
    return "" if before is not None and before.month == line.month else f"{int(line.month.partition('-')[2])}月"


def _month(row: PlanRow) -> str:
    return row.due_on.strftime("%Y-%m")


def _names(row: PlanRow) -> str:
    named = "、".join(UNITS.name(unit) for unit in row.units)
    return named or (f"名册：{row.per}" if row.per else "")


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
