"""Erase what is kept no longer: a batch in each transaction, rows and tombstones together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import structlog

from duban_contracts.days import Zone
from duban_contracts.profile import read
from services.chassis.assembly import Job, Platform
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.scheduler.retention import tables
from services.scheduler.retention.model import Erased, PersonalRecord, Retention, Tombstone
from services.scheduler.settings import Settings

_log = structlog.get_logger(__name__)
FILE: Final = "retention.json"
BATCH: Final = 500
# Days decide, so hours are often enough.
_EVERY_SECONDS: Final = 3600
# No account: the city's file decides, and the service does it.
BY: Final = "scheduler"


Erase = Callable[[Connection, date, int], Awaitable[Sequence[Erased]]]
"""Deletes up to so many rows that ended before a day, oldest first, in the caller's transaction; returns what they were."""


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of erasing."""

    database: Database
    clock: Clock
    zone: Zone
    retention: Retention

    @classmethod
    def on(cls, platform: Platform[Settings]) -> Deps:
        """Return what a slice that holds persons' rows erases by; raises ProfileError for an unusable retention.json."""
        retention = load_retention(platform.settings.profile)
        return cls(platform.database, platform.clock, platform.city.zone, retention)


def erasing(platform: Platform[Settings], kind: PersonalRecord, erase: Erase) -> Job:
    """Return the job of a slice that erases what it keeps of persons; raises ProfileError for an unusable retention.json."""
    deps = Deps.on(platform)
    name = f"erasing of {kind.value}s"
    return platform.every(_EVERY_SECONDS, lambda: erase_old(kind, erase, deps=deps), name=name, role="clock")


def load_retention(profile: Path) -> Retention:
    """Return what a profile says about keeping; without the file everything is kept. Raises ProfileError."""
    path = profile / FILE
    return read(path, Retention) if path.exists() else Retention()


async def erase_old(kind: PersonalRecord, erase: Erase, *, deps: Deps) -> int:
    """Erase everything of `kind` that is kept no longer today; return how many subjects that were.

    Several may do so at once: who comes second finds the rows gone.
    """
    now = deps.clock.now()
    before = deps.retention.over_before(kind, deps.zone.day_of(now))
    if before is None:
        return 0
    count, found = 0, BATCH
    while found == BATCH:
        async with deps.database.transaction() as connection:
            erased = await erase(connection, before, BATCH)
            reason = deps.retention.reason(kind)
            await tables.bury(
                connection,
                [
                    Tombstone(
                        kind=kind,
                        subject_id=each.subject_id,
                        persons=each.persons,
                        ended_on=each.ended_on,
                        erased_at=now,
                        erased_by=BY,
                        reason=reason,
                    )
                    for each in erased
                ],
            )
        found = len(erased)
        count += found
    if count:
        _log.info("persons' rows erased", kind=kind, subjects=count)
    return count
