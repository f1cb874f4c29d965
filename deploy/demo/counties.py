"""What a county does through the days: reports, quirks and all, then rectifies in time, late or never."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence

import msgspec

from deploy.demo.api import Json, Platform
from deploy.demo.claims import CountySystem
from deploy.demo.life import Fate, Quirk, Story
from deploy.demo.senders import Sender
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.types import Grade
from services.chassis.process.clock import Clock

_LOOK_EVERY_SECONDS = 0.6


class County:
    """One county's system and the people behind it."""

    def __init__(
        self, code: str, *, sender: Sender, platform: Platform, clock: Clock, stories: Mapping[str, Story], seed: int
    ) -> None:
        self.code = code
        self.sender = sender
        self._platform = platform
        self._clock = clock
        self._known = stories
        self._stories = [story for story in stories.values() if story.county == code]
        self._others = sorted({story.county for story in stories.values()} - {code})
        self._system = CountySystem(code, seed)
        self._dice = random.Random(f"{seed}-{code}-days")  # noqa: S311 - a story, not a secret
        self._planned: set[str] = set()
        self._submissions: dict[str, int] = {}

    async def report(self) -> None:
        """Send each story's 隐患上报 at its time; what falls due together goes as one batch."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        waiting = sorted(self._stories, key=lambda story: story.at)
        while waiting:
            await asyncio.sleep(max(0.0, waiting[0].at - (loop.time() - began)))
            due = [story for story in waiting if story.at <= loop.time() - began + 0.3]
            waiting = waiting[len(due) :]
            plain = [story for story in due if story.quirk is Quirk.NONE]
            if plain:
                await self.sender.send([self._system.reported(story, self._clock.now()) for story in plain])
            for story in due:
                if story.quirk is not Quirk.NONE:
                    await self._report_with_quirk(story)

    async def _report_with_quirk(self, story: Story) -> None:
        now = self._clock.now()
        if story.quirk is Quirk.MALFORMED:
            await self.sender.send_broken(self._system.malformed(story, now))
            return
        if story.quirk is Quirk.FOREIGN:
            other = self._dice.choice(self._others)
            await self.sender.send_broken(self._system.foreign(story, now, other))
            return
        report = self._system.reported(story, now)
        for events in self._quirky(story, report):
            await self.sender.send(events)

    def _quirky(self, story: Story, report: CloudEvent) -> Sequence[Sequence[CloudEvent]]:
        now = self._clock.now()
        if story.quirk is Quirk.RETRIED:
            return [[report], [report], [report]]
        if story.quirk is Quirk.SENT_TWICE:
            return [[report], [self._system.reported(story, now)]]
        if story.quirk is Quirk.CORRECTED:
            return [[report], [self._system.reported(story, now, description=f"{story.description}（更正补充）")]]
        if story.quirk is Quirk.FOUND_AGAIN:
            return [[report, self._system.found_again(story, now)]]
        self._submissions[story.reference] = 1
        return [[self._system.rectified(story, now)], [report]]

    async def rectify(self, stopping: asyncio.Event) -> None:
        """Watch this county's hazards, those of tips among them, and hand in what is fixed, until told to stop."""
        account = f"county-{self.code}"
        while not stopping.is_set():
            for state in ("confirmed", "rectifying"):
                async for hazard in self._platform.pages(
                    "ledger", "/v1/hazards", account, county=self.code, state=state
                ):
                    await self._advance(self._known[hazard["reference"]], hazard)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _advance(self, story: Story, hazard: Json) -> None:
        if story.grade is Grade.MAJOR and story.reference not in self._planned:
            self._planned.add(story.reference)
            await self.sender.send([self._system.planned(story, self._clock.now())])
            return
        done = self._submissions.get(story.reference, 0)
        if done > hazard["returned_count"] + hazard["reopened_count"] or not self._ready(story, hazard):
            return
        self._submissions[story.reference] = done + 1
        event = self._system.rectified(story, self._clock.now(), again=done > 0)
        # Half of the time the county's system sends the same event again, as systems do.
        again = [event] if self._dice.random() < 0.5 else []  # noqa: PLR2004
        await self.sender.send([event, *again])

    def _ready(self, story: Story, hazard: Json) -> bool:
        if story.fate is Fate.NEVER or (story.grade is Grade.MAJOR and hazard["state"] == "confirmed"):
            return False
        return hazard["overdue"] if story.fate is Fate.LATE else True


def describe(event: CloudEvent) -> str:
    """Return what an event says of itself, for a person: type and reference."""
    document = msgspec.json.decode(event.data)
    reference = document.get("reference", "?") if isinstance(document, dict) else "?"
    return f"{event.type} {reference}"
