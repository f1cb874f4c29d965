"""责令停产停业: nothing that stood still was struck off before who ordered it, or the city, allowed it to go on."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from deploy.demo.audit.case import Case, Line, some

# Of so many to be stopped one may have slipped through, to a confirmation whose answer was lost.
_FEW: Final = 3


async def what_was_stopped_was_resumed_before_it_was_closed(case: Case) -> Line:
    """SY42: reckoned from each hazard's own history, in the order of its versions."""
    evidence = await case.evidence()
    holding: set[str] = set()
    said: Counter[str] = Counter()
    to_stop = 0
    wrong: list[str] = []
    for record in sorted(evidence.history, key=lambda record: (record["hazard_id"], record["version"])):
        hazard_id, kind = record["hazard_id"], record["type"].removeprefix("duban.").removesuffix(".v1")
        said[kind] += 1
        hazard = evidence.hazards.get(hazard_id, {})
        number = hazard.get("number", hazard_id)
        if kind == "hazard.confirmed":
            story = case.stories.get(hazard.get("reference", ""))
            to_stop += story is not None and story.is_stopped
        elif kind == "enterprise.stopped":
            if hazard_id in holding:
                wrong.append(f"{number} 重复停产")
            holding.add(hazard_id)
        elif kind == "enterprise.resumed":
            if hazard_id not in holding or not json.loads(record["payload"])["review"]:
                wrong.append(f"{number} 恢复有误")
            holding.discard(hazard_id)
        elif kind == "hazard.closed" and hazard_id in holding:
            wrong.append(f"{number} 未恢复即销号")
    if to_stop >= _FEW and not said["enterprise.stopped"]:
        wrong.append("应停产的均未停产")
    detail = f"停产停业 {said['enterprise.stopped']} 次，准予恢复 {said['enterprise.resumed']} 次"
    return Line("责令停产停业的隐患准予恢复后方才销号", not wrong, detail + some(wrong))
