"""A plan's year as one picture (SVG): who has what, when. A line for each duty, a bar for each occurrence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from duban_contracts.vocabulary import UNITS
from services.scheduler.campaigns.model.gaps import PlanRow

_MONTHS: Final = 12
_LINE: Final = 22
_TOP: Final = 84
_UNIT: Final = 200
_TITLE: Final = 420
_MONTH: Final = 54
_LEFT: Final = 16 + _UNIT + _TITLE
_WIDTH: Final = _LEFT + _MONTHS * _MONTH + 16
# A Chinese letter is as wide as the font is high.
_LETTER: Final = 13
_LEAST: Final = 5
_STYLE: Final = (
    'text{font:13px "Noto Sans SC","Noto Sans CJK SC","Microsoft YaHei","PingFang SC","SimHei",sans-serif;fill:#1a1a1a}'
    ".head{font-size:18px;font-weight:bold}.note{fill:#555}.bar{fill:#9cc3e6}.due{fill:#12507b}.rule{stroke:#c8c8c8}"
    ".month{fill:#f3f5f7}"
)


def picture(title: str, year: int, rows: Iterable[PlanRow]) -> str:
    """Return the year `year` of a plan as an SVG document.

    Duties stand under whoever leads them, those first whose first day is over first; what no date follows from comes
    last in its unit and says so.
    """
    lines = _lines(year, rows)
    height = _TOP + _LINE * len(lines) + 16
    head = f"{title}（{year}年）"
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label={quoteattr(head)}>',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="head" x="16" y="28">{escape(head)}</text>',
        '<text class="note" x="16" y="50">浅色为办理时间，深色为最后一日（含当日）</text>',
        *_grid(height),
    ]
    if not lines:
        drawn.append(f'<text x="16" y="{_TOP + 14}">本年没有安排</text>')
    before = ""
    for at, (unit, works) in enumerate(lines):
        drawn += _line(_TOP + at * _LINE, unit if unit != before else "", works, year)
        before = unit
    return "\n".join([*drawn, "</svg>", ""])


def _lines(year: int, rows: Iterable[PlanRow]) -> list[tuple[str, list[PlanRow]]]:
    """Return the duties that touch the year, each with its occurrences in order, under the name of who leads it."""
    touching = [row for row in rows if row.opens_on.year <= year <= row.due_on.year]
    by_duty = sorted(touching, key=lambda row: (_who(row), row.duty_id, row.due_on))
    works = [list(group) for _, group in groupby(by_duty, key=lambda row: (_who(row), row.duty_id))]
    first: dict[str, date] = {}
    for occurrences in works:
        unit = _who(occurrences[0])
        first[unit] = min(first.get(unit, date.max), occurrences[0].due_on)

    def place(occurrences: Sequence[PlanRow]) -> tuple[date, str, bool, date, str]:
        earliest = occurrences[0]
        unit = _who(earliest)
        return first[unit], unit, not earliest.scheduled, earliest.due_on, earliest.duty_id

    return [(_who(occurrences[0]), occurrences) for occurrences in sorted(works, key=place)]


def _who(row: PlanRow) -> str:
    if row.units:
        return UNITS.name(row.units[0])
    return row.who or (f"名册：{row.per}" if row.per else "未明确")


def _grid(height: int) -> Iterator[str]:
    for month in range(_MONTHS):
        x = _LEFT + month * _MONTH
        if month % 2 == 0:
            yield f'<rect class="month" x="{x}" y="{_TOP - 24}" width="{_MONTH}" height="{height - _TOP + 8}"/>'
        yield f'<text x="{x + _MONTH / 2:g}" y="{_TOP - 8}" text-anchor="middle">{month + 1}月</text>'
    yield f'<text x="16" y="{_TOP - 8}">牵头单位</text><text x="{16 + _UNIT}" y="{_TOP - 8}">工作任务</text>'


def _line(y: int, unit: str, works: Sequence[PlanRow], year: int) -> Iterator[str]:
    base = y + _LINE - 7
    if unit:
        yield f'<line class="rule" x1="16" x2="{_WIDTH - 16}" y1="{y}" y2="{y}"/>'
        yield _text(16, base, unit, _UNIT)
    yield _text(16 + _UNIT, base, works[0].title, _TITLE)
    for row in works:
        yield from (
            _bar(y, row, year) if row.scheduled else (f'<text class="note" x="{_LEFT}" y="{base}">没有写明日期</text>',)
        )


def _bar(y: int, row: PlanRow, year: int) -> Iterator[str]:
    start = _x(max(row.opens_on, date(year, 1, 1)), year)
    end = _x(min(row.due_on, date(year, _MONTHS, 31)), year, after=True)
    start = min(start, end - _LEAST)
    days = f"{row.opens_on} 至 {row.due_on}" if row.opens_on < row.due_on else f"{row.due_on}"
    yield f"<g><title>{escape(row.title)}：{days}</title>"
    yield f'<rect class="bar" x="{start:.1f}" y="{y + 5}" width="{end - start:.1f}" height="{_LINE - 10}"/>'
    if row.due_on.year == year:
        yield f'<rect class="due" x="{end - _LEAST:.1f}" y="{y + 5}" width="{_LEAST}" height="{_LINE - 10}"/>'
    yield "</g>"


def _x(day: date, year: int, *, after: bool = False) -> float:
    """Return where a day begins, or where it is over: months are equally wide."""
    begins = date(year, day.month, 1)
    length = ((date(year, day.month + 1, 1) if day.month < _MONTHS else date(year + 1, 1, 1)) - begins).days
    return _LEFT + (day.month - 1) * _MONTH + (day.day - 1 + after) / length * _MONTH


def _text(x: int, y: int, text: str, room: int) -> str:
    """Return a text that is cut where its room ends; the whole of it shows under the pointer."""
    most = room // _LETTER - 1
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    return f'<text x="{x}" y="{y}">{escape(shown)}<title>{escape(text)}</title></text>'
