"""P7: what is refused is refused visibly, and nothing of ours lies given up."""

from __future__ import annotations

import base64
import json
from collections import Counter

from deploy.demo.audit.case import AUDITOR, Case, Line, RefusedClaim, some, tally


async def every_planned_refusal_was_refused(case: Case) -> Line:
    """P7: what was malformed or sent in another county's name was refused, visibly, with a reason."""
    case.refusals = [
        RefusedClaim(county, reference, "网关", code, detail)
        for county, sender in case.senders.items()
        for reference, code, detail in sender.book.refused
    ]
    async for claim in case.platform.pages("ledger", "/v1/rejected-claims", AUDITOR, limit=500):
        if claim["county"] not in case.senders:
            continue
        reference = claim["reference"] or _reference_in(claim["value_base64"])
        case.refusals.append(RefusedClaim(claim["county"], reference, "台账", claim["code"], claim["message"]))
    refused = {refusal.reference for refusal in case.refusals}
    wanted = {story.reference for story in case.stories.values() if not story.reaches_the_ledger}
    wrong = sorted(wanted - refused) + [f"{r.reference} 无理由" for r in case.refusals if not r.reason]
    reasons = Counter(refusal.code for refusal in case.refusals)
    detail = f"应拒 {len(wanted)} 件，拒绝 {len(case.refusals)} 次：{tally(reasons)}"
    return Line("不合规的上报均被拒绝并说明理由", not wrong, detail + some(wrong))


async def nothing_lies_among_the_dead_letters(case: Case) -> Line:
    """P7: the services' own processing gave nothing up; what counties sent malformed is refused, not failed."""
    held: Counter[str] = Counter()
    for service, url in case.platform.urls.items():
        exposition = (await case.platform.client.get(f"{url}/metrics")).text
        for line in exposition.splitlines():
            if line.startswith("duban_parked_events{") or (
                line.startswith("duban_dead_letters_held{") and "ledger.claims" not in line
            ):
                held[service] += int(float(line.rsplit(" ", 1)[1]))
    return Line("无死信、无滞留事件", held.total() == 0, tally(held) if held.total() else "各服务均为 0")


def _reference_in(value_base64: str | None) -> str:
    """Return the reference that a refused record names, as far as it can be read."""
    try:
        document = json.loads(base64.b64decode(value_base64 or ""))
    except (ValueError, RecursionError):
        return "?"
    return str(document.get("reference", "?")) if isinstance(document, dict) else "?"
