"""挂牌督办: nothing listed was struck off before who had listed it lifted that, and a listing was late once at most."""

from __future__ import annotations

import json
from collections import Counter

from deploy.demo.audit.case import Case, Line, some


async def what_is_listed_was_lifted_before_it_was_closed(case: Case) -> Line:
    """SY29: reckoned from each hazard's own history, in the order of its versions."""
    evidence = await case.evidence()
    holding: dict[str, str] = {}
    said: Counter[str] = Counter()
    late: Counter[str] = Counter()
    wrong: list[str] = []
    for record in sorted(evidence.history, key=lambda record: (record["hazard_id"], record["version"])):
        hazard_id, kind = record["hazard_id"], record["type"].split(".")[2]
        said[kind] += 1
        number = evidence.hazards[hazard_id]["number"] if hazard_id in evidence.hazards else hazard_id
        if kind == "listed":
            holding[hazard_id] = json.loads(record["payload"])["actor"]["role"]
            late.pop(hazard_id, None)
        elif kind == "delisted":
            if holding.pop(hazard_id, None) != json.loads(record["payload"])["actor"]["role"]:
                wrong.append(f"{number} 由他人解除")
        elif kind == "listing_overdue":
            late[hazard_id] += 1
            if late[hazard_id] > 1 or hazard_id not in holding:
                wrong.append(f"{number} 挂牌逾期误标")
        elif kind == "closed" and hazard_id in holding:
            wrong.append(f"{number} 未解除即销号")
    detail = f"挂牌 {said['listed']} 次，解除 {said['delisted']} 次，逾期 {said['listing_overdue']} 次"
    return Line("挂牌督办的隐患解除后方才销号", not wrong and said["listed"] > 0, detail + some(wrong))
