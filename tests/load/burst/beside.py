"""Those who take no part in the burst: readers, and a county that reports as on any day. They should notice nothing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import STRUCTURED_CONTENT_TYPE, to_structured
from tests.load import claims
from tests.load.burst.lives import CALM, Accepted
from tests.load.burst.patience import Connections, Failed, Tally, patiently
from tests.load.http_client import Client

READERS: Final = 4
_READS_EVERY: Final = 0.25
_EVENTS_EVERY: Final = 0.5


@dataclass
class Beside:
    """What they asked, by the phase in which they asked it."""

    urls: Mapping[str, str]
    keys: Mapping[str, str]
    accepted: Accepted
    phase: Callable[[], int]
    reads: dict[int, Tally] = field(default_factory=dict)
    events: dict[int, Tally] = field(default_factory=dict)

    async def run(self, ending: asyncio.Event) -> None:
        """Go on until `ending`."""
        accounts = ["city-regulator-1", "city-regulator-2", f"regulator-{CALM}-1", f"regulator-{CALM}-2"]
        async with asyncio.TaskGroup() as group:
            for account in accounts[:READERS]:
                group.create_task(self._read(account, ending))
            group.create_task(self._report(ending))

    async def _read(self, account: str, ending: asyncio.Event) -> None:
        connections, dice = Connections(self.urls["ledger"], self.keys[account]), random.Random(account)
        known: list[str] = []
        while not ending.is_set():
            path = dice.choice(
                [
                    f"/v1/hazards?county={CALM}&limit=50",
                    "/v1/hazards?state=reported&limit=50",
                    "/v1/hazards?grade=general&limit=20",
                    *(f"/v1/hazards/{name}" for name in known),
                ]
            )
            tally = self.reads.setdefault(self.phase(), Tally())
            said = await self._timed(connections, lambda client: client.get(path), "read", tally, dice)  # noqa: B023
            if said and said.get("items"):
                known = [said["items"][0]["hazard_id"]] * 3
            await _pause(_READS_EVERY * dice.uniform(0.5, 1.5), ending)
        connections.close()

    async def _report(self, ending: asyncio.Event) -> None:
        connections, dice = Connections(self.urls["gateway"], self.keys[f"county-{CALM}"]), random.Random(CALM)
        for event in claims.reports(1_000_000, series="calm"):
            if ending.is_set():
                break
            if claims.county_of(event) != CALM:
                continue
            tally = self.events.setdefault(self.phase(), Tally())
            body = msgspec.json.encode(to_structured(event))
            said = await self._timed(
                connections,
                lambda client: client.post("/v1/events", body, STRUCTURED_CONTENT_TYPE),  # noqa: B023
                "event",
                tally,
                dice,
            )
            if said:
                self.accepted.event(event, "hazard.registered")
            await _pause(_EVENTS_EVERY * dice.uniform(0.5, 1.5), ending)
        connections.close()

    async def _timed(
        self, by: Connections, call: Callable[[Client], Any], step: str, tally: Tally, dice: random.Random
    ) -> Any:
        began = time.monotonic()
        try:
            return await patiently(by, call, step=step, tallies=lambda: (tally,), dice=dice)
        except Failed as failed:
            tally.errors.append(f"{failed} after {time.monotonic() - began:.1f} s")
            return None


async def _pause(seconds: float, ending: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await ending.wait()
    except TimeoutError:
        return
