"""The live table: the six counties, from what the services themselves answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.demo.api import Platform
from deploy.demo.audit.case import AUDITOR, RefusedClaim
from deploy.demo.senders import Sender
from duban_contracts.profile import City
from services.chassis.process.clock import ZONE, Clock

_REFRESH_SECONDS = 1.0
_PLAIN_EVERY = 8


class Board:
    """Shows the city while it lives; on a terminal in place, elsewhere as a snapshot every few seconds."""

    def __init__(
        self, city: City, platform: Platform, clock: Clock, senders: Mapping[str, Sender], console: Console
    ) -> None:
        self._city = city
        self._platform = platform
        self._clock = clock
        self._senders = senders
        self._console = console

    async def show(self, stopping: asyncio.Event) -> None:
        """Refresh until told to stop."""
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                while not stopping.is_set():
                    live.update(await self.table(), refresh=True)
                    await asyncio.sleep(_REFRESH_SECONDS)
            return
        turn = 0
        while not stopping.is_set():
            if turn % _PLAIN_EVERY == 0:
                self._console.print(await self.table())
            turn += 1
            await asyncio.sleep(_REFRESH_SECONDS)

    async def table(self) -> Table:
        """Return the present state of all counties."""
        now = self._clock.now().astimezone(ZONE)
        table = Table(title=f"{self._city.name}安全生产隐患督办 · {now:%Y-%m-%d %H:%M}（压缩时钟）")
        for column in (
            "县（市、区）",
            "通道",
            "已受理",
            "边界拒收",
            "入账",
            "待确认",
            "整改中",
            "待审",
            "销号",
            "逾期",
            "督促函",
        ):
            table.add_column(column, justify="left" if column in {"县（市、区）", "通道"} else "right")
        flows = await self._flows(now.date())
        letters = await self._letters()
        for county in self._city.counties:
            table.add_row(*await self._row(county.code, county.name, flows, letters))
        return table

    async def _row(
        self, code: str, name: str, flows: Mapping[str, Mapping[str, int]], letters: Mapping[str, int]
    ) -> list[str]:
        sender = self._senders[code]
        answer = await self._platform.get("ledger", "/v1/hazards/count", AUDITOR, county=code, group_by="state")
        states = {group["value"]: group["count"] for group in answer["groups"]}
        measured = flows.get(code, {})
        under_way = states.get("confirmed", 0) + states.get("rectifying", 0)
        figures = (
            len(sender.book.accepted),
            len(sender.book.refused),
            answer["total"],
            states.get("reported", 0),
            under_way,
            states.get("in_review", 0),
            measured.get("closed", 0),
            measured.get("overdue", 0),
            letters.get(code, 0),
        )
        return [name, "Kafka" if "acknowledged" in sender.book.calls else "网关", *map(str, figures)]

    async def _flows(self, today: date) -> dict[str, dict[str, int]]:
        answer = await self._platform.get(
            "statistics", "/v1/flows", AUDITOR, **{"from": f"{today.year}-01-01", "to": today.isoformat()}, by="county"
        )
        return {item["county"]: item for item in answer["items"]}

    async def _letters(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        async for letter in self._platform.pages("notifications", "/v1/letters", AUDITOR, limit=200):
            counts[letter["county"]] = counts.get(letter["county"], 0) + (letter["kind"] == "urging")
        return counts


def refusals_table(city: City, refusals: Sequence[RefusedClaim]) -> Table:
    """Return every refused event with the reason that its county can read."""
    table = Table(title="不予受理的上报", title_justify="left")
    for column in ("县（市、区）", "编号", "何处", "代码", "理由"):
        table.add_column(column, overflow="fold")
    for refusal in sorted(refusals, key=lambda r: (r.county, r.reference)):
        county = city.region(refusal.county)
        name = county.name if county else refusal.county
        table.add_row(name, refusal.reference, refusal.where, refusal.code, refusal.reason)
    return table
