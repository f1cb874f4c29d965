"""What the tests of a whole platform ask it, and how they command it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from deploy.local.settings import ROOT
from services.statistics.recompute.handlers import days_of, differences
from services.statistics.recompute.model import books_of
from tests.deploy import running

OFFICE: Final = "city-office-1"


def hazard_where(platform: running.Platform, hazard: Mapping[str, Any], **expected: object) -> dict[str, Any]:
    found: dict[str, Any] = platform.call("GET", "ledger", f"/v1/hazards/{hazard['hazard_id']}", OFFICE)
    assert {name: found[name] for name in expected} == expected
    return found


def command(
    platform: running.Platform, hazard: Mapping[str, Any], verb: str, account: str, body: Mapping[str, str]
) -> dict[str, Any]:
    path = f"/v1/hazards/{hazard['hazard_id']}/{verb}"
    answer: dict[str, Any] = platform.call("POST", "ledger", path, account, json=body)
    return answer


def timeline_of(platform: running.Platform, hazard: Mapping[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = platform.call("GET", "ledger", f"/v1/hazards/{hazard['hazard_id']}/timeline", OFFICE)[
        "items"
    ]
    return items


def differing(platform: running.Platform) -> list[str]:
    """What published figures and a recomputation from the history disagree about."""
    history = platform.call("GET", "ledger", "/v1/history?limit=5000", OFFICE)["items"]

    def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = platform.call("GET", "statistics", path, OFFICE, params=dict(parameters))
        return answer

    return differences(books_of(history, days_of(platform.settings.profile)), ask)


def verify_offline(platform: running.Platform, history: list[dict[str, Any]]) -> None:
    file = platform.settings.home / "history.jsonl"
    file.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in history), encoding="utf-8")
    tool = ROOT / "tools" / "verify_history" / "verify_history.py"
    done = subprocess.run([sys.executable, str(tool), str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
