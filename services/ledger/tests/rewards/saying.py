"""How tests come to a tip that can be rewarded, and to its reward."""

from __future__ import annotations

from typing import Any

from services.ledger.tests.in_process import InProcess
from services.ledger.tests.tips.saying import does, verified


async def graded(ledger: InProcess, grade: str = "major", **fields: Any) -> dict[str, Any]:
    """A tip that was verified and whose hazard was confirmed with this grade."""
    tip = await verified(ledger, **fields)
    answer = await ledger.confirm({"hazard_id": tip["hazard_id"]}, grade=grade)
    assert answer.status_code == 200, answer.text
    return tip


async def decided(ledger: InProcess, tip: dict[str, Any], who: str = "tips") -> dict[str, Any]:
    answer = await does(ledger, f"/v1/tips/{tip['number']}/reward", who)
    assert answer.status_code == 201, answer.text
    reward: dict[str, Any] = answer.json()
    return reward
