"""A look-back that failed put the hazard back to rectifying, and whatever was found broken again was reopened."""

from __future__ import annotations

import json

from deploy.demo.audit.case import AUDITOR, Case, Line, some


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


async def what_still_holds_stays_closed(case: Case) -> Line:
    """SY31: a look-back was passed by another than struck it off, and leaves it closed; each open one has its follow-up."""
    evidence = await case.evidence()
    closed_by: dict[str, str] = {}
    passed = 0
    wrong: list[str] = []
    for record in sorted(evidence.history, key=lambda record: (record["hazard_id"], record["version"])):
        hazard_id, kind = record["hazard_id"], record["type"]
        if kind not in {"duban.hazard.closed.v1", "duban.hazard.look_back_passed.v1"}:
            continue
        payload = json.loads(record["payload"])
        if kind == "duban.hazard.closed.v1":
            closed_by[hazard_id] = payload["actor"]["account"]
            continue
        passed += 1
        if payload["actor"]["account"] == closed_by.get(hazard_id):
            wrong.append(f"{payload['hazard']['number']} 由销号人回头看")
        if payload["hazard"]["state"] != "closed":
            wrong.append(f"{payload['hazard']['number']} 回头看合格后状态为 {payload['hazard']['state']}")
    planned = await _planned(case)
    followed = await _followed(case)
    wrong += [f"{each} 没有督办时限" for each in sorted(planned - followed)]
    detail = f"合格 {passed} 条，均由他人核查；待办 {len(planned)} 条，均有督办时限"
    return Line("回头看合格的隐患保持销号，待办的有督办时限", not wrong, detail + some(wrong))


async def _planned(case: Case) -> set[str]:
    """Return the look-backs that the ledger holds as due work."""
    pages = case.platform.pages("ledger", "/v1/look-backs", AUDITOR, open=True, limit=200)
    return {f"{each['hazard_id']}/{each['closure']}" async for each in pages}


async def _followed(case: Case) -> set[str]:
    """Return the look-backs whose day the scheduler watches."""
    pages = case.platform.pages("scheduler", "/v1/follow-ups", AUDITOR, kind="look_back", limit=200)
    return {each["about"]["id"] async for each in pages}
