"""What the tests of self-checks register and file."""

from __future__ import annotations

from typing import Any, Final

COUNTY: Final = "140502"
ENTERPRISE: Final = "91140502XXXX000192"
PARTS: Final = [
    {"code": "team-1", "name": "一班", "level": "day", "since": "2024-01-01"},
    {"code": "team-2", "name": "二班", "level": "day", "since": "2024-01-01", "works": "workdays"},
    {"code": "shop-1", "name": "一车间", "level": "week", "since": "2024-01-01"},
]


def layout(**changed: Any) -> dict[str, Any]:
    """Return a plant of a workshop and two teams, without whose it is."""
    return {"name": "一厂", "since": "2024-01-01", "parts": PARTS, **changed}


def plant(**changed: Any) -> dict[str, Any]:
    """Return a plant as it is registered."""
    return {**layout(), "enterprise": ENTERPRISE, "county": COUNTY, **changed}


def check(level: str, day: str, part: str | None = None, **changed: Any) -> dict[str, Any]:
    """Return a check as it is filed."""
    return {"level": level, "held_on": day, "part": part, **changed}
