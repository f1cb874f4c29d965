"""The criteria (判定标准) of the demo's city, which its office loads before anything is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from deploy.demo.api import Platform

FILE: Final = "criteria/example.json"
# A clause that every sector has, by its own criteria or by those for all.
CLAUSE: Final = "1"


async def load_criteria(platform: Platform, profile: Path) -> None:
    """Load the example criteria of a profile that has some; what is there already stays as it is."""
    file = profile / FILE
    if file.exists():
        body = json.loads(file.read_text(encoding="utf-8"))
        await platform.post("ledger", "/v1/criteria/imports", "city-office-1", body)
