"""A look-back that failed put the hazard back to rectifying, and whatever was found broken again was reopened."""

from __future__ import annotations

import json

from deploy.demo.audit.case import Case, Line, some


async def what_broke_again_is_rectifying_again(case: Case) -> Line:
    """SY31: every hazard that was mended for a while only was reopened once it had been struck off."""
    evidence = await case.evidence()
    reopened = {record["hazard_id"]: json.loads(record["payload"]) for record in evidence.of_type("reopened")}
    closed = {record["hazard_id"] for record in evidence.of_type("closed")}
    wanted = {
        hazard_id
        for hazard_id, hazard in evidence.hazards.items()
        if hazard_id in closed and (story := case.stories.get(hazard["reference"])) is not None and story.relapses
    }
    wrong = [f"{evidence.hazards[each]['number']} 未退回整改" for each in sorted(wanted - reopened.keys())]
    wrong += [
        f"{payload['hazard']['number']} 重新打开后状态为 {payload['hazard']['state']}"
        for payload in reopened.values()
        if payload["hazard"]["state"] != "rectifying"
    ]
    detail = f"销号 {len(closed)} 条，回头看不合格 {len(reopened)} 条，均退回整改"
    return Line("回头看不合格的隐患退回整改", not wrong, detail + some(wrong))
