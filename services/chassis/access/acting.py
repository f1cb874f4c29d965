"""Who acts, when, and on which day of the city: what a command is given that stamps what it writes, and routes by which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self

from duban_contracts.days import Zone
from services.chassis.access.refusals import Caller
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database


@dataclass(frozen=True, slots=True)
class Acting:
    """A caller at one instant: `at` in UTC (domain time), `today` its day in the city."""

    caller: Caller
    at: datetime
    today: date

    @classmethod
    def now(cls, caller: Caller, *, clock: Clock, zone: Zone) -> Self:
        """Return the caller as of now; the day is that of the same instant, also around midnight."""
        at = clock.now()
        return cls(caller, at, zone.day_of(at))

    def after(self, *previous: datetime | None) -> Self:
        """Return the same, never before what it follows, whatever the machines' clocks say; None is nothing. The day stays."""
        return replace(self, at=max([self.at, *(at for at in previous if at is not None)]))

    @property
    def account(self) -> str:
        """The opaque account, as it stands in what was written."""
        return self.caller.account


Now = Callable[[], Acting]
"""Says who acts, as of the moment it is asked. A command that waits for a lock asks behind it: what it writes is then no older
than what it waited for, on whichever side of midnight that ended."""


@dataclass(frozen=True, slots=True)
class ActingDeps:
    """Dependencies of routes that act for somebody; a slice whose routes need more adds it to its own `Deps`."""

    database: Database
    clock: Clock
    zone: Zone

    def acting(self, caller: Caller) -> Acting:
        """Return who does something, now."""
        return Acting.now(caller, clock=self.clock, zone=self.zone)
