"""What is major was confirmed as the city asks: by a clause of its criteria, and an enterprise's own by two persons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from deploy.demo.api import Json
from deploy.demo.audit.case import Case, Line, some


async def what_is_major_was_confirmed_as_the_city_asks(case: Case) -> Line:
    """SY27, SY37: each confirmation as major cites a clause in force; an enterprise's own had its first level before."""
    evidence = await case.evidence()
    by_hazard: dict[str, list[Json]] = {}
    for record in evidence.history:
        by_hazard.setdefault(record["hazard_id"], []).append(record)
    cited = two = 0
    wrong: list[str] = []
    for hazard_id, records in by_hazard.items():
        payload = _confirmation(records)
        if payload is None or payload["grade"] != "major":
            continue
        number = evidence.hazards[hazard_id]["number"]
        cited += 1
        if not payload.get("criterion_text"):
            wrong.append(f"{number} 未引用条款")
        if payload["hazard"]["channel"] == "self_report":
            two += 1
            if not _by_two(records, payload):
                wrong.append(f"{number} 未经两级确认")
    detail = f"重大隐患 {cited} 条均引用当日施行的条款，其中企业自查 {two} 条经两级确认"
    return Line("重大隐患依条款确认，企业自查的由两级确认", not wrong, detail + some(wrong))


def _confirmation(records: Sequence[Json]) -> Any:
    found = [json.loads(each["payload"]) for each in records if each["type"] == "duban.hazard.confirmed.v1"]
    return found[0] if found else None


def _by_two(records: Sequence[Json], second: Json) -> bool:
    """Return whether the newest first level before this confirmation said the same grade and was another person's."""
    first = [json.loads(each["payload"]) for each in records if each["type"] == "duban.hazard.first_confirmed.v1"]
    if not first or first[-1]["grade"] != second["grade"]:
        return False
    return bool(first[-1]["actor"]["account"] != second["actor"]["account"])
