"""What the verbs and routes of this slice work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.notifications.channels.handlers.opening import Line
from services.notifications.channels.model.channel import Content, Handing
from services.notifications.delivery.model.pace import MINUTE, SECOND, Limits
from services.notifications.delivery.model.retry import RetrySchedule
from services.notifications.delivery.model.rows import Settlement
from services.notifications.directory.model import Directory


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose letters are carried: `contents` gives their text, `told` hears in the same transaction what became of them.

    `told` may lock the letter: whoever holds both has locked the deliveries first.
    """

    contents: Callable[[Connection, Collection[UUID]], Awaitable[Mapping[UUID, Content]]]
    told: Callable[[Connection, Settlement], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """`lines` are the open channels by code; `draw` gives chance in [0, 1), which spreads retries.

    `lease` (wall time) outlives every channel's time limit: an attempt without an answer for so long counts as lost.
    """

    database: Database
    clock: Clock
    directory: Directory
    lines: Mapping[str, Line]
    schedule: RetrySchedule
    sender: Sender
    draw: Callable[[], float]
    lease: timedelta = timedelta(seconds=60)

    @property
    def resting(self) -> Sequence[str]:
        """The channels whose server is left alone just now."""
        return [code for code, carrier in self._handing.items() if carrier.rests()]

    @property
    def asking_alone(self) -> Collection[str]:
        """The channels whose server refused us when it was last asked."""
        return [code for code, carrier in self._handing.items() if carrier.asks_alone()]

    @property
    def _handing(self) -> Mapping[str, Handing]:
        carriers = {code: line.carrier for code, line in self.lines.items()}
        return {code: carrier for code, carrier in carriers.items() if isinstance(carrier, Handing)}

    @property
    def limits(self) -> Mapping[timedelta, Limits]:
        """How many attempts within any second and any minute the channels that say so allow."""
        said: dict[timedelta, dict[str, int]] = {}
        for channel in (line.channel for line in self.lines.values()):
            for window, most in ((SECOND, channel.per_second), (MINUTE, channel.per_minute)):
                if most is not None:
                    said.setdefault(window, {})[channel.code] = most
        return said
