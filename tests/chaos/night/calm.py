"""A time without faults: events arrive, nothing fires, nobody is called."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from tests.chaos.night.desk import Call
from tests.chaos.night.row import told
from tests.chaos.night.stage import Stage

_SETTLE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Calm:
    """What a calm time gave."""

    seconds: float
    taken: int
    topics: int
    fired: tuple[str, ...]
    pages: tuple[Call, ...]
    watched: int  # calls of the dead man's switch: that silence was no broken line

    @property
    def holds(self) -> bool:
        """Whether nothing fired, nobody was called, and the line was alive."""
        return not self.fired and not self.pages and self.watched > 0


def watch_calm(stage: Stage, seconds: float) -> Calm:
    """Let the city live for `seconds` after it has settled, and count."""
    stage.until_ready()
    time.sleep(_SETTLE_SECONDS)
    began, calls, taken, watched = time.time(), len(stage.desk.calls), stage.life.taken, stage.desk.watched
    while time.time() - began < seconds:
        time.sleep(min(60.0, max(0.1, seconds - (time.time() - began))))
        firing = ", ".join(sorted({told(each) for each in stage.watch.firing()}))
        stage.say(f"{time.time() - began:6.0f} s  {stage.life.taken - taken} events; {firing or 'nothing fires'}")
    return Calm(
        time.time() - began,
        stage.life.taken - taken,
        2 * len(stage.life.counties),
        tuple(sorted({told(each.labels) for each in stage.watch.shone(began, time.time())})),
        tuple(call for call in stage.desk.calls[calls:] if call.wakes),
        stage.desk.watched - watched,
    )
