"""P1: what was acknowledged is accounted for, once."""

from __future__ import annotations

from collections import Counter

from deploy.demo.audit.case import Case, Line, some


async def every_accepted_event_is_accounted_for(case: Case) -> Line:
    """P1: each acknowledged event is recorded, or rejected with a reason that its county can read."""
    fates: Counter[str] = Counter()
    lost: list[str] = []
    for county, sender in case.senders.items():
        account = f"county-{county}"
        receipts = {
            receipt["receipt_id"]: receipt
            async for receipt in case.platform.pages("gateway", "/v1/receipts", account, limit=500)
        }
        for receipt_id, event in sender.book.accepted.items():
            receipt = receipts.get(receipt_id)
            status = receipt["status"] if receipt else "missing"
            fates[status] += 1
            settled = status == "recorded" or (status == "rejected" and receipt and receipt["code"])
            if not settled:
                lost.append(f"{county} {event.subject} {status}")
    detail = f"已受理 {fates.total()}：已入账 {fates['recorded']}，不予受理 {fates['rejected']}"
    return Line("每个已受理的事件都有下落", not lost and fates.total() > 0, detail + some(lost))


async def one_hazard_per_reference(case: Case) -> Line:
    """P1: however often a hazard was sent, the ledger holds it once."""
    reported = [story for story in case.stories.values() if story.reaches_the_ledger]
    wanted = Counter((story.county, story.reference) for story in reported)
    wanted += Counter((story.county, story.again) for story in reported if story.again)
    hazards = (await case.evidence()).hazards.values()
    found = Counter((hazard["county"], hazard["reference"]) for hazard in hazards if hazard["county"] in case.senders)
    wrong = [f"{c} {r}: 应 {wanted[c, r]} 实 {found[c, r]}" for c, r in wanted | found if wanted[c, r] != found[c, r]]
    return Line("每个隐患在台账中恰好一条", not wrong, f"上报 {len(wanted)} 条，台账 {found.total()} 条" + some(wrong))
