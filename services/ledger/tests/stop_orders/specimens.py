"""How the rights test reaches the book of stop orders."""

from __future__ import annotations

from typing import Any

import httpx

from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.ledger.hazards.model import Hazard


def stop_order_specimens(stopped: Make) -> list[Specimen]:
    """`stopped` makes hazards under an order."""
    return [
        Specimen.rows(f"GET /v1/stop-orders{below}", make=stopped, call=_list(below), shows=_names)
        for below in ("", "/monthly")
    ]


def _list(below: str) -> Any:
    month = {"month": "2026-06"} if below else {}
    return lambda _: Call(path=f"/v1/stop-orders{below}", params={"limit": 1000, **month})


def _names(answer: httpx.Response, row: Hazard) -> bool:
    return row.hazard_id in answer.text
