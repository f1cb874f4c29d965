"""Many people at once on a few hazards, over HTTP on PostgreSQL: who asks for what, and what each hears."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx
import msgspec

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Actor, Grade, Subject
from duban_contracts.testing.calendar import ZONE
from duban_contracts.testing.claims import plan, rectification
from services.chassis.access.scope import Scope
from services.chassis.consuming.errors import Retryable
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import is_retryable
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves import MOVES, Door, decide, move_of
from services.ledger.hazards.tables.register import facts_of
from services.ledger.tests.hazards.bodies import BODIES, FIRST
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.people import CITY, HOME, PEOPLE
from services.ledger.tests.telling import by

COMMANDS: Final = {move.name: move for move in MOVES if Door.HTTP in move.doors}
CHINESE: Final = re.compile(r"[一-鿿]")
# With what a command may be refused that came too late, or never had a chance.
LOSES: Final = {403, 404, 409, 412, 422}
# More often than anybody can be in the way.
_PATIENCE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks of a hazard as it was read; with `rests` for that version only."""

    who: str
    hazard: Hazard
    verb: str
    body: dict[str, Any]
    rests: bool

    @property
    def stands_alone(self) -> bool:
        """Whether the ledger would surely do it if nobody else asked for anything."""
        if self.verb not in COMMANDS:
            return False
        command = msgspec.convert(self.body, COMMANDS[self.verb].command)
        if move_of(command).asks_for_criteria(command):
            # Which criteria are in force is another test's affair.
            return False
        stamp = by(_actor(self.who), max(NOON, self.hazard.changed_at))
        return isinstance(decide(self.hazard, command, stamp), HazardEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What somebody was answered."""

    asked: Asked
    answer: httpx.Response

    @property
    def won(self) -> bool:
        return self.answer.status_code == httpx.codes.OK

    def is_clear(self) -> bool:
        """Whether a refusal says by code and in Chinese why."""
        problem = self.answer.json()
        known = self.answer.status_code in LOSES
        stale = (self.answer.status_code == httpx.codes.PRECONDITION_FAILED) == (problem["code"] == "version-mismatch")
        return known and stale and CHINESE.search(problem["detail"]) is not None


class Crowd:
    """People who look at the same few hazards and then all ask at once; the same seed asks for the same."""

    def __init__(self, ledger: InProcess, numbers: Sequence[str], seed: int) -> None:
        self.ledger = ledger
        self.numbers = numbers
        self.dice = Random(seed)
        self.heard: list[Heard] = []

    async def look(self) -> list[Hazard]:
        found = [await self.ledger.find(number) for number in self.numbers]
        return [hazard for hazard in found if hazard is not None]

    async def ask_at_once(self, people: int, *, rests: bool, others: bool) -> list[Heard]:
        """Let so many ask at once; with `others` the counties' systems and the scheduler speak, too."""
        hazards = await self.look()
        # Two of them are what everybody wants something of.
        wanted = self.dice.sample(hazards, 2)
        asked = [self._something(self.dice.choice(wanted), hazards, rests=rests) for _ in range(people)]
        speaking = [self._county(hazard) for hazard in wanted] + [self._scheduler(hazard) for hazard in wanted]
        said = await asyncio.gather(*map(self._ask, asked), *(speaking if others else []))
        heard = [each for each in said if isinstance(each, Heard)]
        for each in speaking:
            each.close()
        self.heard += heard
        return heard

    async def _ask(self, asked: Asked) -> Heard:
        headers = {"If-Match": f'"{asked.hazard.version}"'} if asked.rests else {}
        for _ in range(_PATIENCE):
            answer = await self.ledger.post(asked.hazard.number, asked.verb, asked.body, asked.who, **headers)
            # Whoever met a hazard that another holds, while holding one, is told to come again: nothing was done.
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
        return Heard(asked=asked, answer=answer)

    def _something(self, hazard: Hazard, hazards: Sequence[Hazard], *, rests: bool) -> Asked:
        """Return what is known in the hazard's state, asked by somebody who may ask for that."""
        verbs = [name for name, move in COMMANDS.items() if hazard.state in move.leads]
        verbs += ["unmerge"] if hazard.merged_into else ["merge"]
        verb = self.dice.choice(verbs)
        if verb in COMMANDS:
            roles = COMMANDS[verb].roles
            may = [who for who, each in PEOPLE.items() if each.role in roles and _sees(who, hazard)]
            body = dict(FIRST if verb == "first-confirm" else BODIES[verb])
            if "grade" in body:
                body["grade"] = self.dice.choice(list(Grade)).value
            if verb == "plan":
                body |= {"funds_yuan": 20000, "contingency": "专人值守"}
        else:
            may = ["city", "city-2", "county", "county-2"]
            body = {"reason": "同一处隐患"}
            if verb == "merge":
                body["into"] = self.dice.choice([each.number for each in hazards if each is not hazard])
        return Asked(who=self.dice.choice(may), hazard=hazard, verb=verb, body=body, rests=rests)

    async def _county(self, hazard: Hazard) -> None:
        claim = self.dice.choice([plan, rectification])
        await _until_taken(lambda: self.ledger.take(claim(hazard.reference)))

    async def _scheduler(self, hazard: Hazard) -> None:
        if hazard.deadline_on is None:
            return
        overdue = SupervisionOverdue(
            about=Subject(kind="hazard", id=hazard.hazard_id, number=hazard.number),
            county=HOME,
            deadline_number=1,
            deadline_on=hazard.deadline_on,
            due_at=ZONE.end_of_day(hazard.deadline_on),
            raised_at=NOON,
        )
        event = new_event(overdue, source="/duban/scheduler", subject=hazard.hazard_id, key=hazard.hazard_id, time=NOON)
        await _until_taken(lambda: self.ledger.raise_overdue((event, overdue)))


async def _until_taken(take: Callable[[], Awaitable[None]]) -> None:
    """Take a batch as a consumer does, which tries again what a retry can mend."""
    for _ in range(_PATIENCE):
        try:
            return await take()
        except Exception as error:
            if not isinstance(error, Retryable) and not is_retryable(error):
                raise
    raise AssertionError("nothing could be taken")


def _sees(who: str, hazard: Hazard) -> bool:
    return Scope.of(PEOPLE[who], CITY).covers(facts_of(hazard))


def _actor(who: str) -> Actor:
    return Actor(account=PEOPLE[who].account, role=PEOPLE[who].role, unit=PEOPLE[who].unit)
