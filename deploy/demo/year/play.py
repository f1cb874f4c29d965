"""Play a year: move the clock to the next instant at which something is due, wait until it is said, let people act.

The clock leaps over what is quiet, never over anything that is due. Nothing depends on how long a step takes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from deploy.demo.year.people import Json, People
from deploy.demo.year.reckoning import CHECK, REPORT, YEAR, Note, table_of
from deploy.demo.year.script import Act, Asked, Fate, Verb, at, deal, next_act
from deploy.demo.year.stage import Stage

# After the last day that is asked for: what was renewed or returned at the year's end runs out.
_AFTERMATH: Final = timedelta(days=26)
# A deadline passes when it is over, not when it is reached.
_JUST_AFTER: Final = timedelta(seconds=1)
# Looks again after so long, and ever later up to the second.
_LOOK_SECONDS: Final = (0.03, 0.5)
_AT_ONCE: Final = 6
_PAGE: Final = 200

Blow = Callable[[int], Awaitable[None]]
"""Does something to the stage when the clock was moved for the nth time."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is played: people act on tasks whose last day is until `until`; the same seed tells the same year.

    What is due is waited for during `patience` wall seconds, and then given up: the audit finds it missing.
    """

    seed: int
    until: date = date(YEAR, 12, 31)
    patience: float = 120

    @property
    def ends(self) -> datetime:
        """The last instant that is played."""
        return at(self.until + _AFTERMATH)


@dataclass(slots=True)
class Played:
    """A year that was played: what people noted, and when the clock stood still."""

    notes: list[Note]
    now: datetime
    steps: int


@dataclass
class _Watched:
    """A task as it was last seen, its fate, and what was done to it."""

    task: Json
    fate: Fate | None
    rings: list[datetime] = field(default_factory=list)
    done: list[Verb] = field(default_factory=list)
    last: date = date.min
    given_up: datetime | None = None

    @property
    def asked(self) -> Asked:
        task = self.task
        return Asked(task["task_id"], date.fromisoformat(task["window_start"]), date.fromisoformat(task["due_on"]))

    def act(self) -> Act | None:
        """Return what is done to it next."""
        return next_act(self.fate, self.asked, self.done, self.last) if self.fate else None

    def due(self) -> Iterable[datetime]:
        """Yield the instants at which the scheduler has something to do for it, but for those that were given up."""
        instants = [at(self.asked.opens_on)] if self.task["state"] == "planned" else self.rings
        after = (instant + _JUST_AFTER for instant in instants)
        return (instant for instant in after if self.given_up is None or instant > self.given_up)


class Year:
    """Plays one year on a stage."""

    def __init__(self, stage: Stage, script: Script, say: Callable[[str], None], strike: Blow | None = None) -> None:
        self._stage, self._script, self._say, self._strike = stage, script, say, strike
        self._client = stage.client
        self._watched: dict[str, _Watched] = {}
        self._notes: list[Note] = []
        self._steps = 0
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def play(self) -> Played:
        """Load the year, and play it to its end; raises TimeoutError when no instance answers for minutes."""
        await self._load()
        forms = {form["kind"]: form for form in (await self._client.ask("/v1/task-forms"))["items"]}
        self._people = People(self._client, self._stage.city.code, forms)
        while (instant := self._next()) is not None and instant <= self._script.ends:
            if instant > self._stage.steps.now:
                await self._move(instant)
            await self._settle(instant)
            due = sorted(act for each in self._watched.values() if (act := each.act()) and act.at <= instant)
            await asyncio.gather(*(self._do(act) for act in due))
        self._tell_month(self._stage.steps.now)
        if self._stage.steps.now < self._script.ends:
            self._stage.steps.move(self._script.ends)
        return Played(self._notes, self._stage.steps.now, self._steps)

    async def _load(self) -> None:
        profile = self._stage.place.profile
        await self._client.send("/v1/imports", table_of(profile).read_bytes())
        for duty in beside_the_table(profile):
            await self._client.tell("/v1/duties", duty, key=duty["duty_id"])
        tasks = await self._client.every("/v1/tasks", limit=_PAGE)
        self._watched = {task["task_id"]: _Watched(task, None) for task in tasks}
        meant = (each.asked for each in self._watched.values())
        for task_id, fate in deal(
            self._script.seed, (one for one in meant if one.due_on <= self._script.until)
        ).items():
            self._watched[task_id].fate = fate

    def _next(self) -> datetime | None:
        """Return the next instant at which anything is due, of the scheduler or of people."""
        acts = (act.at for each in self._watched.values() if (act := each.act()))
        return min((*acts, *(instant for each in self._watched.values() for instant in each.due())), default=None)

    async def _move(self, instant: datetime) -> None:
        now = self._stage.steps.now
        if (now.year, now.month) != (instant.year, instant.month):
            self._tell_month(now)
        self._stage.steps.move(instant)
        self._steps += 1
        if self._strike:
            await self._strike(self._steps)

    async def _settle(self, instant: datetime) -> None:
        """Wait until the scheduler has said everything that is due, or patience ends."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._script.patience
        pause, longest = _LOOK_SECONDS
        while waiting := [each for each in self._watched.values() if any(due <= instant for due in each.due())]:
            if clock() > deadline:
                for each in waiting:
                    each.given_up = instant
                return
            await asyncio.gather(*(self._look(each) for each in waiting))
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, longest)

    async def _look(self, watched: _Watched) -> None:
        task_id = watched.task["task_id"]
        async with self._few:
            watched.task = await self._client.ask(f"/v1/tasks/{task_id}")
            alarms = (await self._client.ask(f"/v1/tasks/{task_id}/history"))["alarms"]
        watched.rings = [datetime.fromisoformat(each["fires_at"]) for each in alarms if each["state"] == "armed"]

    async def _do(self, act: Act) -> None:
        watched = self._watched[act.task_id]
        async with self._few:
            watched.task, notes = await self._people.do(act, watched.task, len(watched.done))
        self._notes += notes
        watched.done.append(act.verb)
        watched.last = act.at.date()
        if any(note.refused for note in notes):
            watched.fate = None
        await self._look(watched)

    def _tell_month(self, now: datetime) -> None:
        if now.year < YEAR:
            return
        since = (now.year, now.month)
        done = [note.verb for note in self._notes if (note.at.year, note.at.month) == since and not note.refused]
        late = sum(each.task["late"] for each in self._watched.values())
        shown = ((Verb.ACKNOWLEDGE, "签收"), (Verb.SUBMIT, "报送"), (Verb.RETURN, "退回"), (Verb.ACCEPT, "办结"))
        told = "，".join(f"{words} {done.count(verb)}" for verb, words in shown)
        self._say(f"{now:%Y-%m}  {told}；累计逾期 {late}")


def beside_the_table(profile: Path) -> list[dict[str, Any]]:
    """Return the duties that the office enters beside the table: a check at every holiday, a report every quarter."""
    document = json.loads(table_of(profile).read_bytes())["source_file"]
    common = {"valid_from": f"{YEAR}-01-01", "valid_until": f"{YEAR}-12-31", "per": "counties"}
    return [
        {
            **common,
            "duty_id": CHECK,
            "kind": "inspection",
            "title": "重大节日安全生产加密检查",
            "rule": {"by": "occasion", "kinds": ["holiday"], "words": "重大节日"},
            "source": {"document": document, "item": "九"},
        },
        {
            **common,
            "duty_id": REPORT,
            "kind": "report",
            "title": "每季度报送安全生产工作情况",
            "rule": {"by": "quota", "period": "quarter"},
            "source": {"document": document, "item": "报送"},
        },
    ]


async def play(stage: Stage, script: Script, say: Callable[[str], None], strike: Blow | None = None) -> Played:
    """Play the year; raises what the stage's keeper raises when its schedulers can't be kept alive."""
    playing = asyncio.ensure_future(Year(stage, script, say, strike).play())
    await asyncio.wait({playing, stage.keeping}, return_when=asyncio.FIRST_COMPLETED)
    if not playing.done():
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        stage.keeping.result()
    return await playing
