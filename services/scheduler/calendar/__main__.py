"""Print a calendar.json seeded from the State Council's notices.

`python -m services.scheduler.calendar 2024 2026 > calendar.json`

The notices come from the chinesecalendar library, which raises for a year it does not know. The output is data of the
city profile from then on: edit it by hand, or seed again when the library knows the next year.
"""

from __future__ import annotations

import json
import sys
from datetime import date

import chinese_calendar

_TITLES = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}


def seed(first_year: int, last_year: int) -> dict[str, object]:
    """Return the document for whole years; raises NotImplementedError for a year the library does not know."""
    years = list(range(first_year, last_year + 1))
    for year in years:
        chinese_calendar.is_workday(date(year, 1, 1))
    spoken = f"{years[0]}—{years[-1]}" if len(years) > 1 else str(years[0])
    return {
        "source": f"国务院办公厅关于{spoken}年部分节假日安排的通知",
        "years": years,
        "holidays": _days(chinese_calendar.holidays, years),
        "workdays": _days(chinese_calendar.workdays, years),
    }


def _days(entries: dict[date, str], years: list[int]) -> dict[str, str]:
    """Return the entries of `years` as day -> occasion in Chinese, in order of day."""
    return {day.isoformat(): _TITLES[name] for day, name in sorted(entries.items()) if day.year in years}


def main(arguments: list[str]) -> int:
    """Print the calendar of the years named on the command line."""
    if len(arguments) != 2:  # noqa: PLR2004
        sys.stderr.write("usage: python -m services.scheduler.calendar FIRST_YEAR LAST_YEAR\n")
        return 2
    first, last = (int(text) for text in arguments)
    sys.stdout.write(json.dumps(seed(first, last), ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
