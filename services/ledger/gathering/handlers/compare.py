"""Comparing reports: behind registration, so that none waits for it, and at once for a person who asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.chassis.access.scope import Scope
from services.chassis.process.clock import Clock
from services.chassis.process.periodic import breathe
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.locks import hold_names
from services.ledger.gathering.model import Likeness, keys_of, keys_within_county, look_alikes
from services.ledger.gathering.tables import look_alikes as tables
from services.ledger.gathering.tables import uncompared
from services.ledger.gathering.tables.look_alikes import LookAlike
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables.hazard_rows import HazardRow

# So many in a transaction, and so many transactions before a rest: a storm of reports is compared when it is over.
_AT_ONCE: Final = 20
_BEFORE_A_REST: Final = 10
# Of those that meet under one name or place only the newest are looked at.
_MEETING: Final = 30


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of comparing behind registration."""

    database: Database
    clock: Clock


async def note_changed(connection: Connection, unit: UnitOfWork[Any], changes: Sequence[Change[HazardRow]]) -> None:
    """Put what was registered, corrected, decided or opened again among what is to be compared, in the same transaction.

    What is decided or merged looks like nothing: comparing it lets go of its pairs, and of what it could be met under.
    """
    del unit
    await uncompared.add(connection, [change.after.hazard.hazard_id for change in changes])


async def compare_new(*, deps: Deps) -> int:
    """Compare what was reported with what it meets, and keep what looks alike; return how many were looked at.

    The newest come first, some in a transaction; what is left after many of these waits for the next time.
    """
    done = 0
    for _ in range(_BEFORE_A_REST):
        began = time.perf_counter()
        taken = await _compare_some(deps)
        done += taken
        if taken < _AT_ONCE:
            break
        await breathe(deps.clock, began)
    return done


async def _compare_some(deps: Deps) -> int:
    """Compare some of what was reported; return how many.

    Only one process at a time: two that compare two reports of one fault would each miss the other's. The counties are not
    crossed: whose hazard looks like another county's is told to people who ask, and see both.
    """
    async with deps.database.transaction() as connection:
        await hold_names(connection, "comparing", ["any"])
        taken = await uncompared.take(connection, _AT_ONCE)
        if not taken:
            return 0
        hazards = await tables.of_hazards(connection, taken)
        known = {hazard.hazard_id: keys_of(hazard) for hazard in hazards}
        await tables.keep_keys(connection, {hazard_id: known.get(hazard_id, ()) for hazard_id in taken})
        keys = {hazard.hazard_id: keys_within_county(hazard) for hazard in hazards}
        met = await _met_under(connection, {key for each in keys.values() for key in each})
        ids = {hazard_id for each in met.values() for hazard_id in each}
        others = {each.hazard_id: each for each in await tables.of_hazards(connection, ids)}
        found = []
        for hazard in hazards:
            # Comparing one takes up to 3 ms, and all of them together held the process up for 10 to 30: claims and commands
            # that wait for the loop go between.
            await asyncio.sleep(0)
            ids = {hazard_id for key in keys[hazard.hazard_id] for hazard_id in met[key]}
            near = [others[hazard_id] for hazard_id in ids if hazard_id in others]
            found += [_earlier(hazard, each) for each in look_alikes(hazard, near)]
        await tables.keep(connection, taken, found, deps.clock.now())
    return len(taken)


async def _met_under(connection: Connection, keys: Collection[str]) -> dict[str, list[str]]:
    """Return by key the newest open hazards that are met under it.

    What is met and was decided is forgotten, so that what is open comes to be looked at.
    """
    met = await tables.newest(connection, keys)
    while decided := {each.hazard_id for each in met if not each.is_open}:
        await tables.forget(connection, decided)
        met = await tables.newest(connection, keys)
    found: dict[str, list[str]] = {key: [] for key in keys}
    for each in met:
        found[each.key].append(each.hazard_id)
    return {key: each[:_MEETING] for key, each in found.items()}


async def look(database: Database, connection: Connection, hazard: Hazard, scope: Scope) -> list[Likeness]:
    """Return the open hazards in scope that look like `hazard`, most alike first; they are read over `connection`.

    What meets under a key is known by ids, and those are nobody's to see: of them readers are shown their own.
    """
    async with database.beside(connection) as unwalled:
        met = {each.hazard_id for each in await tables.newest(unwalled, keys_of(hazard))}
    return look_alikes(hazard, await tables.of_hazards(connection, met, scope, _MEETING))


def _earlier(hazard: Hazard, other: Likeness) -> LookAlike:
    """Return the pair, the later one first: ids grow with time."""
    later, earlier = sorted((hazard.hazard_id, other.hazard.hazard_id), reverse=True)
    return LookAlike(later, earlier, other.likeness)
