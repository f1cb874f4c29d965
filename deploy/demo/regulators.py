"""The people of the city's and counties' bureaus: they confirm, reject, return and close, as the stories have it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta

import httpx

from deploy.demo.api import Json, Platform
from deploy.demo.criteria import CLAUSE
from deploy.demo.life import Fate, Story
from deploy.demo.rarely import Rarely, as_typed, clerk
from duban_contracts.events.types import Channel, Grade
from services.chassis.process.clock import ZONE, Clock

_LOOK_EVERY_SECONDS = 0.5
_FORBIDDEN = 403
_OFFICE = "city-office-1"
# The committee gives a day more than the regulator does: both have their own clocks.
_LISTED_LONGER = 1
# Whoever confirms at the second level waits for the letter that asks for it, and not for ever: its service may be away.
# On an idle machine it is there in two seconds.
_PATIENT_SECONDS = 30.0


class Regulators:
    """Works through what lies on the desks of one county, until told to stop."""

    def __init__(self, platform: Platform, clock: Clock, stories: Mapping[str, Story]) -> None:
        self._platform = platform
        self._clock = clock
        self._stories = stories
        self._again = {story.again: story for story in stories.values() if story.again}
        self._left: set[str] = set()
        self._rarely = Rarely(platform, self._command)
        self._asked_since: dict[tuple[str, str], float] = {}
        self.refused: list[str] = []
        self.unasked: set[str] = set()

    async def work(self, county: str, stopping: asyncio.Event) -> None:
        """Confirm what is reported, review what is handed in and look back at what was closed, again and again."""
        while not stopping.is_set():
            async for hazard in self._platform.pages(
                "ledger", "/v1/hazards", clerk(county), county=county, state="reported"
            ):
                await self._decide(hazard)
            async for hazard in self._platform.pages(
                "ledger", "/v1/hazards", clerk(county), county=county, state="in_review"
            ):
                await self._review(hazard)
            async for hazard in self._platform.pages(
                "ledger", "/v1/hazards", clerk(county), county=county, state="closed"
            ):
                await self._look_back(hazard)
            async for due in self._platform.pages("ledger", "/v1/look-backs", clerk(county), county=county, open=True):
                if due["number"] not in self._left:
                    await self._look_again(due)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _decide(self, hazard: Json) -> None:
        if twin := self._again.get(hazard["reference"]):
            await self._merge(hazard, twin)
            return
        story = self._stories[hazard["reference"]]
        if await self._rarely.consults(hazard, story):
            return
        if story.fate is Fate.REJECTED:
            await self._command(hazard, "reject", clerk(story.county), {"reason": "经现场核查，所报情形不构成事故隐患"})
            return
        today = self._clock.now().astimezone(ZONE).date()
        due, major = today + timedelta(days=story.days), story.grade is Grade.MAJOR
        body: Json = {
            "grade": story.grade,
            "responsible_unit": "emergency_management",
            "deadline_on": as_typed(story, due).isoformat(),
        }
        if major:
            body["criterion"] = CLAUSE
            if story.channel is Channel.SELF_REPORT and not await self._second_level_is_asked(hazard, story):
                return
        confirmed = await self._command(hazard, "confirm", "city-regulator-1" if major else clerk(story.county), body)
        if confirmed == httpx.codes.OK:
            await self._press(hazard, story, today)
            await self._rarely.keeps_time(hazard, story, due)

    async def _second_level_is_asked(self, hazard: Json, story: Story) -> bool:
        """Confirm at the first level; return whether the second has its letter (二级确认提示函), or waited long enough."""
        if hazard["first_confirmed_at"] is None:
            first: Json = {
                "grade": story.grade,
                "reason": "经县级核实，符合重大事故隐患判定标准",
                "criterion": CLAUSE,
            }
            await self._command(hazard, "first-confirm", clerk(story.county), first)
            return False
        about = hazard["hazard_id"]
        letters = await self._platform.get(
            "notifications", "/v1/letters", "city-regulator-1", kind="confirmation_prompt", about_id=about
        )
        if any(letter["state"] == "delivered" and not letter["recalled_at"] for letter in letters["items"]):
            return True
        now = asyncio.get_running_loop().time()
        # What the county corrects is confirmed first anew, and waited for anew.
        if now - self._asked_since.setdefault((about, hazard["first_confirmed_at"]), now) <= _PATIENT_SECONDS:
            return False
        self.unasked.add(about)
        return True

    async def _press(self, hazard: Json, story: Story, today: date) -> None:
        """Of what is major, list one half (挂牌督办), and have the enterprise of the other stopped (责令停产停业)."""
        if story.is_listed:
            listing = {
                "document": f"晋市安委督〔{today.year}〕{int(story.reference[-4:])}号",
                "deadline_on": (today + timedelta(days=story.days + _LISTED_LONGER)).isoformat(),
            }
            await self._command(hazard, "list", _OFFICE, listing)
        if story.is_stopped:
            order = {
                "document": f"晋市应急停〔{today.year}〕{int(story.reference[-4:])}号",
                "kind": "production",
                "scope": "whole",
                "since": today.isoformat(),
            }
            await self._command(hazard, "stop", "city-regulator-1", order)

    async def _merge(self, hazard: Json, story: Story) -> None:
        """Merge what was found again into what was reported first; a hazard that is over by now goes on for nobody."""
        async for first in self._platform.pages(
            "ledger", "/v1/hazards", clerk(story.county), county=story.county, reference=story.reference
        ):
            body = {"into": first["number"], "reason": "与先前上报的为同一处隐患"}
            if first["state"] in {"closed", "rejected"}:
                await self._command(hazard, "reject", clerk(story.county), {"reason": "同一处隐患已经办结"})
            elif await self._command(hazard, "merge", clerk(story.county), body) == httpx.codes.OK:
                await self._rarely.splits(hazard, story)

    async def _review(self, hazard: Json) -> None:
        story = self._stories[hazard["reference"]]
        if story.fate is Fate.RETURNED and hazard["returned_count"] == 0:
            body = {"reason": "整改照片不能证明隐患已消除，请补充验收记录"}
            await self._command(hazard, "return", clerk(story.county), body)
            return
        if hazard["listing"] is not None:
            await self._command(hazard, "lift", _OFFICE, {"conclusion": "经现场核查，整改措施已落实，同意解除挂牌督办"})
        if hazard["stopped"] is not None:
            await self._command(
                hazard, "resume", "city-regulator-1", {"review": "经现场审查，隐患已排除，同意恢复生产"}
            )
        # Who may review depends on who did what before, and the platform knows: where one may not, a colleague does.
        for account in _reviewers(story):
            if (
                await self._command(hazard, "close", account, {"review": "经现场复查，整改到位，同意销号"})
                != _FORBIDDEN
            ):
                return

    async def _look_back(self, hazard: Json) -> None:
        """Look again at what was struck off; where it is broken again, it goes back to rectifying."""
        story = self._stories.get(hazard["reference"])
        if story is not None and story.relapses and hazard["reopened_count"] == 0:
            today = self._clock.now().astimezone(ZONE).date()
            until = (today + timedelta(days=story.days)).isoformat()
            body = {"reason": "回头看发现隐患反弹", "deadline_on": until}
            if story.is_false:
                await self._rarely.traces_back(hazard, {**body, "reason": "经倒查，所报整改未实施"})
            else:
                await self._command(hazard, "reopen", "city-regulator-1", body)

    async def _look_again(self, due: Json) -> None:
        """Pass a look-back where it is still mended; whoever submitted or reviewed it may not, and a colleague does."""
        hazard = await self._platform.get("ledger", f"/v1/hazards/{due['hazard_id']}", _OFFICE)
        story = self._stories.get(hazard["reference"])
        if story is None or not story.still_holds:
            self._left.add(due["number"])
            return
        for account in (f"regulator-{story.county}-2", "city-regulator-1", clerk(story.county)):
            body = {"review": "经再次现场核查，隐患未反弹"}
            if await self._command(hazard, "pass-look-back", account, body) == httpx.codes.OK:
                return

    async def _command(self, hazard: Json, verb: str, account: str, body: Json) -> int:
        """Give one command; return the status of the answer."""
        try:
            await self._platform.post("ledger", f"/v1/hazards/{hazard['hazard_id']}/{verb}", account, body)
        except httpx.HTTPStatusError as error:
            if error.response.is_server_error:
                raise
            # Somebody was faster, or the county corrected its report just now: the next round looks again.
            self.refused.append(f"{verb} {hazard['number']}: {error.response.json().get('code')}")
            return error.response.status_code
        return httpx.codes.OK


def _reviewers(story: Story) -> tuple[str, ...]:
    """Name those who review a hazard, in the order in which they are asked; the clerk who confirmed it comes last."""
    if story.grade is Grade.MAJOR:
        return "city-regulator-2", "city-regulator-1"
    return f"regulator-{story.county}-2", clerk(story.county)
