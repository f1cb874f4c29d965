"""P5: the books balance."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

from deploy.demo.api import Json
from deploy.demo.audit.case import AUDITOR, Case, Line, some
from deploy.demo.audit.reckoning import period_of
from services.statistics.recompute.handlers import days_of, differences
from services.statistics.recompute.model import books_of


async def the_books_balance(case: Case) -> Line:
    """P5: opening + confirmed + reopened + unmerged + transferred in − closed − merged − transferred out = closing, in every cell."""
    first, last = period_of((await case.evidence()).history)
    answer = await case.platform.get(
        "statistics", "/v1/balance", AUDITOR, **{"from": first, "to": last}, by="county,sector,grade,channel"
    )
    off = [str(item) for item in answer["items"] if not item["balanced"]]
    return Line("账目平衡", bool(answer["items"]) and not off, f"{len(answer['items'])} 格逐格核对" + some(off))


async def statistics_equal_recomputation(case: Case) -> Line:
    """P5: every published figure equals a recomputation from the ledger by code that shares nothing with it."""
    evidence = await case.evidence()

    def ask(path: str, parameters: Mapping[str, str]) -> Json:
        url = case.platform.urls["statistics"] + path
        headers = {"Authorization": f"Bearer {case.platform.keys[AUDITOR]}"}
        response = httpx.get(url, params=dict(parameters), headers=headers, timeout=30)
        response.raise_for_status()
        answer: Json = response.json()
        return answer

    found = await asyncio.to_thread(lambda: differences(books_of(evidence.history, days_of(case.profile)), ask))
    detail = f"由 {len(evidence.history)} 条台账历史重算，差异 {len(found)} 处"
    return Line("统计数字与台账重算一致", not found, detail + some(found))
