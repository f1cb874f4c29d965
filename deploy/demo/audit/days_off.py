"""Where a deadline on a day off goes, read from the city's profile a second time: nobody else's code."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

Moved = Callable[[date, date], date]
"""The day on which a deadline counts: of the day that was set, and the day on which that was done."""

_WEEKEND: Final = frozenset({"Sat", "Sun"})


def moved_by(profile: Path) -> Moved:
    """Return how the city of `profile` moves deadlines; raises KeyError for a way that is unknown here."""
    policy, calendar = (json.loads((profile / f"{name}.json").read_text("utf-8")) for name in ("policy", "calendar"))
    step = {"none": 0, "previous_workday": -1, "next_workday": +1}[policy.get("roll", "none")]
    holidays, workdays = set(calendar["holidays"]), set(calendar["workdays"])

    def is_off(day: date) -> bool:
        name = day.isoformat()
        return name not in workdays and (name in holidays or f"{day:%a}" in _WEEKEND)

    def moved(day: date, told_on: date) -> date:
        counts = day
        while step and is_off(counts):
            counts += timedelta(days=step)
        return counts if counts >= told_on else day

    return moved


def unmoved(day: date, told_on: date) -> date:
    """Return `day`: a city that moves none."""
    del told_on
    return day
