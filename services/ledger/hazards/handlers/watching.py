"""Readers that know what they look for: those who ask at once share one statement, those who wait hear of the commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Self

from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Scope
from services.chassis.assembly import Platform
from services.chassis.storage.database import Database
from services.chassis.storage.rounds import Rounds
from services.chassis.web.waiters import Waiters
from services.ledger.hazards.handlers.find_hazard import note_foreign_hazard
from services.ledger.hazards.handlers.journal import keys_of
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import lookups
from services.ledger.hazards.tables.hazard_rows import HazardRow, Reference
from services.ledger.hazards.tables.lookups import Asked


class Seen(NamedTuple):
    """At which version a hazard stands; with the hazard itself where its commit told it."""

    hazard_id: str
    version: int
    hazard: Hazard | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """Single hazards, looked up in rounds, and those who wait for one: by its id, or under a county's reference."""

    _lookups: Rounds[Asked, Sequence[Hazard]]
    by_id: Waiters[str, Seen]
    by_reference: Waiters[Reference, Sequence[Seen]]
    note_missed: Callable[[HazardKey, Caller], Awaitable[None]]
    """Called with who found no hazard under a key: where there is a foreign one, that is recorded."""

    @classmethod
    def on(cls, platform: Platform[Any]) -> Self:
        """Return the watch over this platform's hazards."""
        database = platform.database
        watch = cls(
            Rounds(partial(_look_up, database)),
            Waiters(partial(_versions, database), clock=platform.clock),
            Waiters(partial(_versions_under, database), clock=platform.clock),
            partial(note_foreign_hazard, database),
        )
        database.after_commit(HazardRow, watch.tell)
        return watch

    async def one(self, key: HazardKey, scope: Scope) -> Hazard | None:
        """Return the hazard of a key within a scope, or None."""
        return next(iter(await self._lookups.ask((scope.said, key))), None)

    async def under(self, reference: Reference, scope: Scope) -> list[Hazard]:
        """Return what stands under a county's reference within a scope, however it is written, newest first."""
        found = [hazard for key in keys_of(*reference) for hazard in await self._lookups.ask((scope.said, key))]
        return sorted(found, key=lambda hazard: hazard.hazard_id, reverse=True)

    def tell(self, rows: Sequence[HazardRow]) -> None:
        """Tell those who wait what was committed."""
        for hazard in (row.hazard for row in rows):
            seen = Seen(hazard.hazard_id, hazard.version, hazard)
            self.by_id.tell(hazard.hazard_id, seen)
            self.by_reference.tell((hazard.county, hazard.reference_key), [seen])


async def _look_up(database: Database, asked: Sequence[Asked]) -> Sequence[Sequence[Hazard] | Exception]:
    """Look up what a round asks, in one statement: each within the scope of whoever asks it."""
    each = list(dict.fromkeys(asked))
    async with database.reading(None) as connection:
        found = dict(zip(each, await lookups.asked_for(connection, each), strict=True))
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
