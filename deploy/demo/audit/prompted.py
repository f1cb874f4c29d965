"""二级确认提示函: whoever confirms at the second level was asked once for each first level, and by a letter that could go out."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.demo.api import Json
from deploy.demo.audit.case import AUDITOR, Case, Line, some, tally

# Of so many first levels that were answered one may have been settled before anybody could be asked, not most of them.
_FEW: Final = 3
_WAITING: Final = frozenset({"issued", "pending"})
_ANSWERS: Final = frozenset({"confirmed", "regraded"})
_SETTLES: Final = frozenset({"rejected", "corrected", "closed", "merged"})


@dataclass
class Level:
    """The first levels of one hazard: how often a second was asked for, whether one is waited for, or came."""

    asked: int = 0
    waits: bool = False
    answered: bool = False


async def each_first_level_asked_for_its_second_once(case: Case) -> Line:
    """SY27, P9: no first level has two letters, none that waited has none, no letter lacks its first level, and none is left on its way."""
    told = levels((await case.evidence()).history)
    letters: dict[str, list[Json]] = defaultdict(list)
    async for letter in case.platform.pages(
        "notifications", "/v1/letters", AUDITOR, kind="confirmation_prompt", limit=200
    ):
        letters[letter["about"]["id"]].append(letter)
    wrong = compared(told, letters, case.unasked)
    every = [letter for each in letters.values() for letter in each]
    states = tally(Counter("recalled" if letter["recalled_at"] else letter["state"] for letter in every))
    asked = sum(level.asked for level in told.values())
    detail = f"一级确认 {asked} 次，提示函 {len(every)} 封（{states or '无'}），未等到即确认 {len(case.unasked)} 条"
    return Line("一级确认后二级收到提示函，每次至多一封", not wrong, detail + some(wrong))


def levels(history: Sequence[Json]) -> dict[str, Level]:
    """Return the first levels of each hazard that has any; 拆分 lets one wait again."""
    found: dict[str, Level] = {}
    for record in sorted(history, key=lambda record: (record["hazard_id"], record["version"])):
        hazard, kind = record["hazard_id"], record["type"].split(".")[2]
        if kind == "first_confirmed" or (kind == "unmerged" and json.loads(record["payload"]).get("first_confirmed")):
            level = found.setdefault(hazard, Level())
            level.asked, level.waits = level.asked + 1, True
        elif hazard in found and kind in _ANSWERS | _SETTLES:
            found[hazard].answered |= found[hazard].waits and kind in _ANSWERS
            found[hazard].waits = False
    return found


def compared(told: Mapping[str, Level], letters: Mapping[str, Sequence[Json]], unasked: Collection[str]) -> list[str]:
    """Return what is wrong: letters too many, or of no first level, or never sent, or that never came.

    Of the hazards `unasked` the second level lost patience: what it settled then may have been in time to keep the letter in.
    """
    wrong = [
        f"{each[0]['about']['number']} 提示函 {len(each)} 封，一级确认 {_asked(told, hazard)} 次"
        for hazard, each in sorted(letters.items())
        if len(each) > _asked(told, hazard)
    ]
    wrong += [
        f"{letter['number']} 未送"
        for each in letters.values()
        for letter in each
        if letter["state"] in _WAITING and not letter["recalled_at"]
    ]
    wrong += [
        f"{hazard} 一级确认后没有有效的提示函"
        for hazard, level in sorted(told.items())
        if (level.waits or (level.answered and hazard not in unasked))
        and all(letter["recalled_at"] for letter in letters.get(hazard, ()))
    ]
    answered = [hazard for hazard, level in told.items() if level.answered]
    never = [hazard for hazard in answered if not letters.get(hazard)]
    if len(answered) >= _FEW and 2 * len(never) > len(answered):
        wrong.append(f"一级确认后多半没有提示函（{len(never)}/{len(answered)}）")
    return wrong


def _asked(told: Mapping[str, Level], hazard: str) -> int:
    return told[hazard].asked if hazard in told else 0
