"""How tests speak of inside reports."""

from __future__ import annotations

import secrets
from typing import Any, Final

from services.ledger.tests.in_process import InProcess
from services.ledger.tests.tips.saying import does, reporter

PATH: Final = "/v1/inside-reports"


def saying(**fields: Any) -> dict[str, Any]:
    return {"place": "三号车间", "content": "除尘风机停用仍在打磨", "claim_code": secrets.token_hex(12), **fields}


async def reported(ledger: InProcess, **fields: Any) -> dict[str, Any]:
    answer = await does(ledger, PATH, "worker", saying(**{"reporter": reporter(), **fields}))
    assert answer.status_code == 201, answer.text
    report: dict[str, Any] = answer.json()
    return report
