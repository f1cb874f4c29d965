"""Readers that know what they look for: those who ask at once share one statement, those who wait hear of the commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Self

from services.chassis.assembly import Platform
from services.chassis.storage.database import Database
from services.chassis.storage.rounds import Rounds
from services.chassis.web.waiters import Waiters
from services.ledger.hazards.handlers.journal import keys_of
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import lookups
from services.ledger.hazards.tables.entries import Entry, Reference


class Seen(NamedTuple):
    """At which version a hazard stands; with the hazard itself where its commit told it."""

    hazard_id: str
    version: int
    hazard: Hazard | None = None


Found = Mapping[HazardKey | Reference, Sequence[Hazard]]


@dataclass(frozen=True, slots=True)
class Watch:
    """Single hazards, looked up in rounds, and those who wait for one: by its id, or under a county's reference."""

    _lookups: Rounds[HazardKey | Reference, Sequence[Hazard]]
    by_id: Waiters[str, Seen]
    by_reference: Waiters[Reference, Sequence[Seen]]

    @classmethod
    def on(cls, platform: Platform[Any]) -> Self:
        """Return the watch over this platform's hazards."""
        database = platform.database
        watch = cls(
            Rounds(partial(_look_up, database)),
            Waiters(partial(_versions, database), clock=platform.clock),
            Waiters(partial(_versions_under, database), clock=platform.clock),
        )
        database.after_commit(Entry, watch.tell)
        return watch

    async def one(self, key: HazardKey) -> Hazard | None:
        """Return the hazard of a key, or None."""
        return next(iter(await self._lookups.ask(key)), None)

    async def under(self, reference: Reference) -> list[Hazard]:
        """Return what stands under a county's reference, however it is written, newest first."""
        found = [hazard for key in keys_of(*reference) for hazard in await self._lookups.ask(key)]
        return sorted(found, key=lambda hazard: hazard.hazard_id, reverse=True)

    def tell(self, entries: Sequence[Entry]) -> None:
        """Tell those who wait what was committed."""
        for hazard in (entry.hazard for entry in entries):
            seen = Seen(hazard.hazard_id, hazard.version, hazard)
            self.by_id.tell(hazard.hazard_id, seen)
            self.by_reference.tell((hazard.county, hazard.reference_key), [seen])


async def _look_up(
    database: Database, asked: Sequence[HazardKey | Reference]
) -> Sequence[Sequence[Hazard] | Exception]:
    """Look up what a round asks, in at most three statements."""
    keys = [one for one in asked if isinstance(one, HazardKey)]
    ids = {key.hazard_id for key in keys if key.hazard_id}
    numbers = {key.number for key in keys if key.number}
    references = sorted({one for one in asked if not isinstance(one, HazardKey)})
    found = defaultdict[HazardKey | Reference, list[Hazard]](list)
    async with database.acquire() as connection:
        for hazard in await lookups.of_ids(connection, ids) if ids else ():
            found[HazardKey(hazard_id=hazard.hazard_id)].append(hazard)
        for hazard in await lookups.of_numbers(connection, numbers) if numbers else ():
            found[HazardKey(number=hazard.number)].append(hazard)
        for hazard in await lookups.under(connection, references) if references else ():
            found[hazard.county, hazard.reference_key].append(hazard)
    return [found[one] for one in asked]


async def _versions(database: Database, hazard_ids: Collection[str]) -> Mapping[str, Seen]:
    async with database.acquire() as connection:
        found = await lookups.versions(connection, hazard_ids)
    return {hazard_id: Seen(hazard_id, version) for hazard_id, version in found.items()}


async def _versions_under(database: Database, references: Collection[Reference]) -> Mapping[Reference, Sequence[Seen]]:
    async with database.acquire() as connection:
        found = await lookups.versions_under(connection, sorted(references))
    seen = defaultdict[Reference, list[Seen]](list)
    for reference, hazard_id, version in found:
        seen[reference].append(Seen(hazard_id, version))
    return seen
