"""What bureaus do more rarely: send a matter up, give more time, set a wrong day right, split what was merged, trace back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final

import httpx

from deploy.demo.api import Json, Platform
from deploy.demo.life import Story

_CITY: Final = "city-regulator-1"
_OFFICE: Final = "city-office-1"
# By so many days a day was typed in wrongly, and so many more somebody asks for.
_TYPED_WRONG: Final = 30
_MORE: Final = 1

Command = Callable[[Json, str, str, Json], Awaitable[int]]
"""Gives a command on a hazard (what it does, by whom, its body); returns the status of the answer."""


class Rarely:
    """Does what the stories ask for beside their usual way; each step once, and whoever comes too late leaves it."""

    def __init__(self, platform: Platform, command: Command) -> None:
        self._platform = platform
        self._command = command
        self._done: set[tuple[str, str]] = set()

    async def consults(self, hazard: Json, story: Story) -> bool:
        """Send a matter up to the city, and hand it back at the next look; return whether the city has it now."""
        if hazard["sent_up_to"] is not None:
            body = {"conclusion": "经会商，由县级继续办理，市级派员指导"}
            return await self._command(hazard, "hand-back", _OFFICE, body) != httpx.codes.OK
        if not story.is_sent_up or not self._first("escalate", hazard):
            return False
        body = {"to": "city", "reason": "涉及多个产权单位，县级两次会商未能解决"}
        return await self._command(hazard, "escalate", clerk(story.county), body) == httpx.codes.OK

    async def keeps_time(self, hazard: Json, story: Story, due: date) -> None:
        """Set right the day of a confirmation that was typed in wrongly; ask for more time where that is asked, and decide."""
        if story.is_mistyped:
            body = {"reason": "期限录入有误", "deadline_on": due.isoformat()}
            await self._command(hazard, "correct-deadline", _CITY, body)
        if not story.asks_for_time or not self._first("request-extension", hazard):
            return
        later = {"deadline_on": (due + timedelta(days=_MORE)).isoformat()}
        asked = {**later, "reason": "所需配件尚未到货"}
        if await self._command(hazard, "request-extension", f"regulator-{story.county}-2", asked) != httpx.codes.OK:
            return
        if story.is_given_time:
            await self._command(hazard, "extend", clerk(story.county), {**later, "reason": "情况属实，同意延期"})
        else:
            await self._command(hazard, "refuse-extension", clerk(story.county), {"reason": "可采用替代措施按期整改"})

    async def splits(self, hazard: Json, story: Story) -> None:
        """Take what was merged out again, for another look; the next look merges it for good."""
        if story.is_split and self._first("unmerge", hazard):
            await self._command(hazard, "unmerge", clerk(story.county), {"reason": "须再次现场核对"})

    async def traces_back(self, hazard: Json, body: Json) -> None:
        """Find that a closure was false; the case that this opens is concluded by the city's office."""
        if await self._command(hazard, "mark-false", _CITY, body) != httpx.codes.OK:
            return
        case = f"ZR-{hazard['number']}-{hazard['reopened_count'] + 1}"
        said = {"result": "criticised", "conclusion": "责任岗位履职不到位，给予通报批评"}
        await self._platform.post(
            "ledger", f"/v1/accountability-cases/{case}/conclude", _OFFICE, said, once=f"conclude/{case}"
        )

    def _first(self, verb: str, hazard: Json) -> bool:
        """Return whether this is the first time; a second one would be told so."""
        step = verb, hazard["hazard_id"]
        is_first = step not in self._done
        self._done.add(step)
        return is_first


def as_typed(story: Story, due: date) -> date:
    """Return the day that is typed in at the confirmation."""
    return due + timedelta(days=_TYPED_WRONG) if story.is_mistyped else due


def clerk(county: str) -> str:
    """Return the account of whoever confirms in a county."""
    return f"regulator-{county}-1"
