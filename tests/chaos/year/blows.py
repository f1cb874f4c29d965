"""What is done to the year's schedulers, and when: decided by a seed and by the clock's steps, never by the wall."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from deploy.demo.year.stage import Stage

# Places inside the clock role's transactions, and between the broker's word and the relay's own note of it; and which of
# them are passed at every look, also when nothing is due.
_FAILPOINTS: Final = ("scheduler.assigning", "scheduler.claimed", "scheduler.appended", "relay.acked")
_OFTEN: Final = frozenset({"scheduler.claimed", "scheduler.appended"})
_LOOKS: Final = 40
_SHORTEST, _LONGEST = 2, 9


class Kind(StrEnum):
    """How the schedulers are struck."""

    ONE = "one is killed"
    BOTH = "both are killed at once"
    FROZEN = "one is frozen and comes back"
    INSIDE = "one is killed, and again inside a transaction"
    READER = "who reads the counties' topics is killed"


# A reader that was killed is missed by its group for ten seconds; that is tried once or twice a year.
_USUAL: Final = tuple(kind for kind in Kind if kind is not Kind.READER) * 6 + (Kind.READER,)


@dataclass(frozen=True, slots=True)
class Blow:
    """One blow: at the clock's nth step, `after` wall seconds, on this instance."""

    step: int
    kind: Kind
    after: float
    victim: int
    frozen: float = 0.0
    failpoint: str = ""

    def __str__(self) -> str:
        more = f" for {self.frozen:.1f} s" if self.frozen else f" ({self.failpoint})" if self.failpoint else ""
        return f"step {self.step:4d} + {self.after:.2f} s  {self.kind}{more}"


def schedule(seed: int, steps: int) -> list[Blow]:
    """Return the blows of a year of so many steps; the first five are of all kinds. The same arguments give the same."""
    dice = random.Random(f"year-storm-{seed}")
    kinds = dice.sample(list(Kind), len(Kind))
    blows: list[Blow] = []
    step = 1
    while step <= steps:
        kind = kinds.pop() if kinds else dice.choice(_USUAL)
        blows.append(
            Blow(
                step,
                kind,
                round(dice.uniform(0, 0.4), 2),
                dice.randrange(2),
                round(dice.uniform(0.5, 2.0), 1) if kind is Kind.FROZEN else 0.0,
                _failpoint(dice) if kind is Kind.INSIDE else "",
            )
        )
        step += dice.randint(_SHORTEST, _LONGEST)
    return blows


def _failpoint(dice: random.Random) -> str:
    name = dice.choice(_FAILPOINTS)
    return f"{name}#{dice.randint(1, _LOOKS)}" if name in _OFTEN else name


@dataclass
class Storm:
    """Strikes the schedulers of a stage as a schedule has it; `counted` says what was done."""

    stage: Stage
    blows: Sequence[Blow]
    say: Callable[[str], None]
    counted: Counter[Kind] = field(default_factory=Counter)
    _striking: set[asyncio.Task[None]] = field(default_factory=set)

    async def strike(self, step: int) -> None:
        """Begin the blows of this step; the year goes on meanwhile."""
        for blow in (each for each in self.blows if each.step == step):
            task = asyncio.create_task(self._carry_out(blow))
            self._striking.add(task)
            task.add_done_callback(self._striking.discard)

    async def ends(self) -> None:
        """Wait until nobody is frozen any more."""
        await asyncio.gather(*self._striking)

    async def _carry_out(self, blow: Blow) -> None:
        await asyncio.sleep(blow.after)
        self.say(str(blow))
        self.counted[blow.kind] += 1
        victim = self.stage.instances[blow.victim]
        match blow.kind:
            case Kind.ONE:
                victim.strike(signal.SIGKILL)
            case Kind.READER:
                self.stage.reader.strike(signal.SIGKILL)
            case Kind.BOTH:
                for instance in self.stage.instances:
                    instance.strike(signal.SIGKILL)
            case Kind.FROZEN:
                victim.strike(signal.SIGSTOP)
                try:
                    await asyncio.sleep(blow.frozen)
                finally:
                    victim.strike(signal.SIGCONT)
            case Kind.INSIDE:
                self.stage.failpoints.append(blow.failpoint)
                victim.strike(signal.SIGKILL)
