"""二级确认提示函: whoever confirms at the second level was asked once for each first level, and by a letter that could go out."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from deploy.demo.api import Json
from deploy.demo.audit.case import AUDITOR, Case, Line, some, tally

# Of so many first levels one may have been settled before anybody could be asked, all of them not.
_FEW: Final = 3
_WAITING: Final = frozenset({"issued", "pending"})


async def each_first_level_asked_for_its_second_once(case: Case) -> Line:
    """SY27, P9: no first level has two letters, no letter lacks its first level, and none is left on its way."""
    asked = asked_by((await case.evidence()).history)
    letters: dict[str, list[Json]] = defaultdict(list)
    async for letter in case.platform.pages(
        "notifications", "/v1/letters", AUDITOR, kind="confirmation_prompt", limit=200
    ):
        letters[letter["about"]["id"]].append(letter)
    wrong = compared(asked, letters)
    every = [letter for each in letters.values() for letter in each]
    states = tally(Counter("recalled" if letter["recalled_at"] else letter["state"] for letter in every))
    detail = f"一级确认 {asked.total()} 次，提示函 {len(every)} 封（{states or '无'}）"
    return Line("一级确认后至多一封二级确认提示函", not wrong, detail + some(wrong))


def asked_by(history: Sequence[Json]) -> Counter[str]:
    """Return how often each hazard's first level asked for a second: when it acted, and when 拆分 let it wait again."""
    asked = Counter[str]()
    for record in history:
        again = record["type"] == "duban.hazard.unmerged.v1" and json.loads(record["payload"]).get("first_confirmed")
        if again or record["type"] == "duban.hazard.first_confirmed.v1":
            asked[record["hazard_id"]] += 1
    return asked


def compared(asked: Mapping[str, int], letters: Mapping[str, Sequence[Json]]) -> list[str]:
    """Return what is wrong: letters too many, or of no first level, or never sent; and that nobody was asked at all."""
    wrong = [
        f"{each[0]['about']['number']} 提示函 {len(each)} 封，一级确认 {asked.get(hazard, 0)} 次"
        for hazard, each in sorted(letters.items())
        if len(each) > asked.get(hazard, 0)
    ]
    wrong += [
        f"{letter['number']} 未送"
        for each in letters.values()
        for letter in each
        if letter["state"] in _WAITING and not letter["recalled_at"]
    ]
    if sum(asked.values()) >= _FEW and not letters:
        wrong.append("一级确认后没有一封提示函")
    return wrong
