"""One accident of the city: registered by its county, with a measure that is carried out after its day only."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Final

import httpx

from deploy.demo.api import Json, Platform
from deploy.demo.audit.case import AUDITOR
from duban_contracts.profile import City
from services.chassis.process.clock import ZONE, Clock

_LOOK_EVERY_SECONDS: Final = 0.5
# As long as somebody waits to be urged; the measure stays undone where no letter comes, and the audit finds that.
_PATIENCE_SECONDS: Final = 60.0


class AccidentDesk:
    """Whoever is charged with the first county's accident."""

    def __init__(self, platform: Platform, clock: Clock, city: City) -> None:
        self._platform = platform
        self._clock = clock
        self._enterprise = min(
            (each for each in city.enterprises if each.county == city.counties[0].code), key=lambda each: each.name
        )

    async def work(self) -> None:
        """Register the accident, set a measure, and carry it out once a letter has urged to do so."""
        county = self._enterprise.county
        clerk, colleague = f"regulator-{county}-1", f"regulator-{county}-2"
        accident = await self._does(
            "/v1/accidents",
            clerk,
            {
                "county": county,
                "sector": self._enterprise.sector,
                "enterprise": {"name": self._enterprise.name},
                "place": self._enterprise.place,
                "happened_on": self._today().isoformat(),
                "grade": "general",
                "deaths": 0,
                "serious_injuries": 1,
                "course": "检修作业时未落实能量隔离，一名作业人员受伤",
            },
        )
        path = f"/v1/accidents/{accident['accident_id']}"
        counted = {"grade": "general", "deaths": 0, "serious_injuries": 2, "finding": "另有一名作业人员伤情加重"}
        await self._does(f"{path}/correct", clerk, counted)
        await self._set_measure(f"{path}/measures", clerk)
        closing = {"document": f"{county}政函〔{self._today().year}〕1号", "conclusion": "生产安全责任事故"}
        await self._does(f"{path}/close", clerk, closing)
        if await self._is_urged(str(accident["accident_id"])):
            await self._does(f"{path}/measures/1/done", clerk, {"report": "规程已修订，培训已完成"})
            await self._does(f"{path}/measures/1/return", colleague, {"finding": "培训记录不全"})
            await self._again(f"{path}/measures/1/done", clerk, {"report": "培训记录已补齐"})
            await self._does(f"{path}/measures/1/verify", colleague, {"finding": "经核查属实"})
            await self._does(f"{path}/evaluate", AUDITOR, {"conclusion": "防范和整改措施均已落实"})

    async def _set_measure(self, path: str, clerk: str) -> None:
        """Set it until tomorrow; a ledger that is away for seconds is away for days, and the day is said anew."""
        while True:
            until = (self._today() + timedelta(days=1)).isoformat()
            measure = {
                "measure": "修订检修作业能量隔离规程并组织培训",
                "unit": "emergency_management",
                "post": "监管科负责人",
                "deadline_on": until,
            }
            try:
                await self._platform.post("ledger", path, clerk, measure, once=f"{path}/{until}")
            except httpx.HTTPStatusError as error:
                if error.response.json().get("code") != "deadline-in-the-past":
                    raise
            else:
                return

    async def _is_urged(self, accident_id: str) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE_SECONDS
        while loop.time() < until:
            async for letter in self._platform.pages(
                "notifications", "/v1/letters", AUDITOR, kind="follow_up_urging", limit=200
            ):
                if letter["about"]["id"].partition("/")[0] == accident_id:
                    return True
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return False

    def _today(self) -> date:
        return self._clock.now().astimezone(ZONE).date()

    async def _again(self, path: str, account: str, body: Json) -> None:
        """Do what was done before once more, which needs a key of its own."""
        await self._platform.post("ledger", path, account, body, once=f"{path}/again")

    async def _does(self, path: str, account: str, body: Json) -> Json:
        return await self._platform.post("ledger", path, account, body, once=path)
