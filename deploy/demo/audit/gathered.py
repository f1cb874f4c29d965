"""SY26: one hazard, however many reported it."""

from __future__ import annotations

from deploy.demo.audit.case import AUDITOR, Case, Line, some


async def reports_of_one_hazard_are_counted_once(case: Case) -> Line:
    """SY26: what was found again is merged into what was reported first, is in no count, and was told what became of it."""
    evidence = await case.evidence()
    by_reference = {hazard["reference"]: hazard for hazard in evidence.hazards.values()}
    answered = {record["hazard_id"] for record in evidence.of_type("source_answered")}
    wrong: list[str] = []
    merged = 0
    for story in (story for story in case.stories.values() if story.again and story.reference in by_reference):
        first, again = by_reference[story.reference], by_reference.get(f"{story.again}")
        if again is None or again["state"] not in {"duplicate", "rejected"}:
            wrong.append(f"{story.again} 未归并")
        elif again["state"] == "duplicate":
            merged += 1
            if again["merged_into"] != first["hazard_id"] or first["source_count"] != 1:
                wrong.append(f"{story.again} 归并有误")
            if first["state"] == "closed" and again["hazard_id"] not in answered:
                wrong.append(f"{story.again} 未答复")
    total = (await case.platform.get("ledger", "/v1/hazards/count", AUDITOR))["total"]
    alone = sum(hazard["merged_into"] is None for hazard in evidence.hazards.values())
    if total != alone:
        wrong.append(f"计数 {total}，应 {alone}")
    return Line("同一隐患的多个来源只计一次", not wrong, f"归并 {merged} 条，合计 {total} 条" + some(wrong))
