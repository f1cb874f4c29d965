"""Announcements for the tests of draws; every enterprise and code is invented."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from services.scheduler.draws.model.announcement import Announcement

SECRETS: Final = ("a" * 32, "sealed-by-the-inspection-office-0001")
COMMITMENTS: Final = [sha256(secret.encode()).hexdigest() for secret in SECRETS]
CATERING: Final = "91140502XXXX000192"
GAS: Final = "91140502XXXX00027W"
MALL: Final = "91140502XXXX00035P"
MINE: Final = "91140521XXXX00078M"


def target(uscc: str, county: str = "140502", **fields: Any) -> dict[str, Any]:
    return {"uscc": uscc, "name": f"示例企业{uscc[-3:]}（虚构）", "county": county, **fields}


def inspector(code: str, county: str = "140502", **fields: Any) -> dict[str, Any]:
    return {"code": code, "county": county, "unit": "emergency_management", **fields}


def announcement(**fields: Any) -> dict[str, Any]:
    """Return four targets of two counties, one suspended, and six inspectors, of whom two have ties and one is away."""
    return {
        "document_number": "晋市安办〔2024〕12号",
        "title": "餐饮燃气双随机抽查",
        "draws_on": "2024-05-20",
        "inspect_from": "2024-06-03",
        "inspect_until": "2024-06-14",
        "targets_drawn": 2,
        "inspectors_each": 2,
        "commitments": COMMITMENTS,
        "targets": [target(CATERING), target(GAS), target(MALL, suspended=True), target(MINE, "140521")],
        "inspectors": [
            inspector("I-01", employer=GAS),
            inspector("I-02", related=[CATERING, MINE]),
            inspector("I-03", leave={"since": "2024-06-14", "until": "2024-06-20"}),
            inspector("I-04"),
            inspector("I-05", "140521"),
            inspector("I-06", "140521"),
        ],
        **fields,
    }


def announced(**fields: Any) -> Announcement:
    return msgspec.convert(announcement(**fields), Announcement)
