"""The journal: what one transaction adds to the ledger, and the only door to it.

Whoever writes history goes through `writing`. It takes every lock, loads the rows and writes what was recorded, so that
no caller has anything to remember.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from duban_contracts.admissible.texts import folded
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.hazards import HazardEvent, HazardRegistered
from duban_contracts.events.types import Actor
from duban_contracts.profile import Rules
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.assembly import Platform
from services.chassis.process.clock import Clock
from services.chassis.publishing.unit_of_work import Change, Copy, Reactions, Stream, UnitOfWork
from services.chassis.storage.database import Connection
from services.ledger.criteria import tables as standards
from services.ledger.criteria.model.standards import Standard, in_force
from services.ledger.hazards.model import Hazard, HazardKey, evolve
from services.ledger.hazards.moves import Stamp
from services.ledger.hazards.tables import hazard_rows, holding, register
from services.ledger.hazards.tables.hazard_rows import HazardRow, Reference
from services.ledger.history.model import GENESIS, SOURCE, Record, seal
from services.ledger.history.tables import locks, records


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What writing needs to know of the installation.

    `rules` are what the city decided, `reactions` what follows from which event.
    """

    clock: Clock
    rules: Rules
    topic_prefix: str
    reactions: Reactions

    @classmethod
    def on(cls, platform: Platform[Any]) -> Ledger:
        """Return the ledger of this platform."""
        return cls(
            clock=platform.clock,
            rules=platform.city.rules,
            topic_prefix=platform.settings.topic_prefix,
            reactions=platform.reactions,
        )


@dataclass(kw_only=True)
class Journal(UnitOfWork[HazardRow]):
    """Collects what one transaction records about hazards, in order; get one from `writing`."""

    rules: Rules
    topic_prefix: str
    criteria: Sequence[Standard] = ()

    def __post_init__(self) -> None:
        self._numbers = {row.hazard.number: hazard_id for hazard_id, row in self.loaded.items()}
        self._references = {
            (row.hazard.county, row.hazard.reference_key): hazard_id for hazard_id, row in self.loaded.items()
        }

    def hazard(self, key: HazardKey) -> Hazard | None:
        """Return the hazard of `key` as this transaction leaves it so far; None unless `writing` was told of it."""
        hazard_id = key.hazard_id or self._numbers.get(key.number or "")
        return self._hazard(hazard_id)

    def under(self, county: str, reference: str) -> Hazard | None:
        """Return the hazard of a county's reference that `writing` was told of, as this transaction leaves it so far.

        The reference is taken as it is written where a hazard stands under that from before references were folded,
        else folded.
        """
        for key in keys_of(county, reference):
            if (hazard := self._hazard(self._references.get(key))) is not None:
                return hazard
        return None

    async def sources(self, connection: Connection, survivor: Hazard) -> list[Hazard]:
        """Return the hazards that are merged into `survivor`, which `writing` was told of.

        They were loaded with it, but for those that were merged while this transaction waited: these are locked now.
        """
        known = self._merged_into(survivor)
        if len(known) < survivor.source_count:
            late = {source.hazard_id for source in await register.sources(connection, survivor.hazard_id)}
            found = await hazard_rows.lock_at_once(connection, sorted(late - {each.hazard_id for each in known}))
            self.loaded = {**{row.hazard.hazard_id: row for row in found}, **self.loaded}
        return self._merged_into(survivor)

    def _merged_into(self, survivor: Hazard) -> list[Hazard]:
        loaded = [self._hazard(hazard_id) for hazard_id in sorted(self.loaded)]
        return [each for each in loaded if each is not None and each.merged_into == survivor.hazard_id]

    def stamp(self, actor: Actor, hazard: Hazard | None, received_at: datetime | None = None) -> Stamp:
        """Return when `actor`'s move on `hazard` happens; `received_at` where its words reached us before now.

        Never before the hazard's last event, whatever the machines' clocks say.
        """
        at = self.at if hazard is None else max(self.at, hazard.changed_at)
        criteria = () if hazard is None else in_force(self.criteria, hazard.sector, self.rules.zone.day_of(at))
        return Stamp(actor=actor, at=at, received_at=received_at or at, rules=self.rules, criteria=criteria)

    def enter(self, event: HazardEvent, cause: CloudEvent | None = None) -> Hazard:
        """Add `event` to its hazard's history, and to what goes out."""
        after = self.record(event, time=event.occurred_at, cause=cause).hazard
        if isinstance(event, HazardRegistered):
            self._references[after.county, after.reference_key] = after.hazard_id
        return after

    def _hazard(self, hazard_id: str | None) -> Hazard | None:
        row = None if hazard_id is None else self.get(hazard_id)
        return None if row is None else row.hazard


# A report asks four times.
@lru_cache(maxsize=4096)
def keys_of(county: str, reference: str) -> tuple[Reference, ...]:
    """Return the keys under which the hazard of a written reference may stand: as written, then folded."""
    plain = folded(reference)
    return ((county, reference),) if plain == reference else ((county, reference), (county, plain))


@asynccontextmanager
async def writing(
    connection: Connection,
    *,
    ledger: Ledger,
    hazards: Iterable[HazardKey] = (),
    references: Iterable[Reference] = (),
    commands: bool = False,
    criteria: bool = False,
) -> AsyncIterator[Journal]:
    """Give the journal of the caller's transaction, and write it when the block ends well.

    `hazards` and `references` are all that the transaction may touch: their rows are locked in order of id, and a
    reference is held even while it has no hazard. `commands` says that people are waiting for the answer: a heartbeat
    then stands behind what is recorded here, or waits for it; `criteria`, that something may be found major, by the
    criteria of its sector that are in force today. Raises Retryable when another instance was faster.
    """
    loaded = [
        *await _of_keys(connection, list(hazards)),
        *await _of_references(connection, sorted(set(references))),
    ]
    # Behind the rows: whoever waits for one that somebody holds keeps no heartbeat and no export waiting meanwhile.
    await (locks.share_commands(connection) if commands else locks.share_history(connection))
    # Read after the locks: a heartbeat that stands ahead of this transaction is older than this instant.
    at = ledger.clock.now()
    sectors = {row.hazard.sector for row in loaded} if criteria else set[str]()
    journal = Journal(
        stream=stream_of(ledger.topic_prefix),
        at=at,
        loaded={row.hazard.hazard_id: row for row in loaded},
        reactions=ledger.reactions,
        rules=ledger.rules,
        topic_prefix=ledger.topic_prefix,
        criteria=await standards.holding(connection, sectors, ledger.rules.zone.day_of(at)) if sectors else (),
    )
    yield journal
    await journal.write(connection)


async def held_by_others(connection: Connection, keys: Collection[HazardKey]) -> set[HazardKey]:
    """Return those of `keys` that `writing` would have to wait for now."""
    numbers = await hazard_rows.ids_of_numbers(connection, [key.number for key in keys if key.number])
    wanted = {key: key.hazard_id or numbers.get(key.number or "") for key in keys}
    held = await holding.held_by_others(connection, [hazard_id for hazard_id in wanted.values() if hazard_id])
    return {key for key, hazard_id in wanted.items() if hazard_id in held}


async def _of_keys(connection: Connection, keys: Sequence[HazardKey]) -> list[HazardRow]:
    ids = {key.hazard_id for key in keys if key.hazard_id}
    if numbers := [key.number for key in keys if key.number]:
        ids.update((await hazard_rows.ids_of_numbers(connection, numbers)).values())
    return await hazard_rows.lock(connection, sorted(ids)) if ids else []


async def _of_references(connection: Connection, references: Sequence[Reference]) -> list[HazardRow]:
    if not references:
        return []
    await hazard_rows.hold_references(connection, references)
    found = await hazard_rows.lock_by_reference(connection, references)
    # What is said under the reference of a merged hazard is for the one that goes on.
    survivors = {e.hazard.merged_into for e in found if e.hazard.merged_into} - {e.hazard.hazard_id for e in found}
    return [*found, *await hazard_rows.lock_at_once(connection, sorted(survivors))] if survivors else found


def stream_of(topic_prefix: str) -> Stream[HazardRow]:
    """Return what makes events a hazard's; its county is told of them."""

    def copy(row: HazardRow, data: HazardEvent, event: CloudEvent) -> Copy | None:
        hazard = row.hazard
        if isinstance(data, HazardRegistered) and hazard.found_by is None and not hazard.is_of_tip:
            # For 入账 the claim's own answer says it all; what an inspection or a tip found, the county hears by this alone.
            return None
        told = msgspec.structs.replace(event, partitionkey=hazard.reference)
        return feedback_topic(hazard.county, topic_prefix), told

    return Stream(
        source=SOURCE,
        topic=f"{topic_prefix}{TopicFamily.HAZARD}",
        key_of=lambda event: event.hazard.hazard_id,
        evolve=_evolve,
        version_of=lambda row: row.hazard.version,
        save=_save,
        copy=copy,
    )


def _evolve(row: HazardRow | None, event: HazardEvent) -> HazardRow:
    """Return the row after `event`, with the head as it was loaded: the chain goes on when it is saved."""
    return HazardRow(evolve(row.hazard if row else None, event), row.head if row else GENESIS)


async def _save(connection: Connection, changes: Sequence[Change[HazardRow]]) -> None:
    """Seal and store what was recorded: hazards in order of id, the history in its own order."""
    sealed: list[Record] = []
    latest: dict[str, HazardRow] = {}
    new, changed = set[str](), dict[str, HazardRow | None]()
    for change in changes:
        hazard = change.after.hazard
        before = latest.get(hazard.hazard_id, change.after)
        record = seal(before.head, change.event, hazard.version)
        sealed.append(record)
        latest[hazard.hazard_id] = HazardRow(hazard, record.digest)
        if change.before is None:
            new.add(hazard.hazard_id)
        else:
            changed.setdefault(hazard.hazard_id, None if hazard.hazard_id in new else change.before)
    await hazard_rows.insert(connection, [latest[hazard_id] for hazard_id in sorted(new)])
    await hazard_rows.update(connection, [(before, latest[hazard_id]) for hazard_id, before in sorted(changed.items())])
    await records.append(connection, sealed)
