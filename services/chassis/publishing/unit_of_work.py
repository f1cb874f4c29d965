"""One unit of work: what a transaction decides about aggregates, and the events that say so, written together.

The form is the same everywhere: lock and load, decide, version, envelope, outbox. A slice says once, in a `Stream`,
what its aggregate is; its handlers get a `UnitOfWork` and record events in it. They know neither the connection nor
how many commands are carried out in the same transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import OutboxMessage, outgoing
from services.chassis.storage.after_commit import tell
from services.chassis.storage.database import Connection
from services.chassis.telemetry import acts

A = TypeVar("A")
C = TypeVar("C")
U = TypeVar("U")
R = TypeVar("R")


# No circle leads through a change or a message, and thousands live while a batch is taken: gc=False spares the collector
# a walk that cost a tenth of the ledger's time for a report.
class Change(msgspec.Struct, Generic[A], frozen=True, gc=False):
    """One event of an aggregate: its state before (None: it is new) and after, the payload, and the envelope."""

    before: A | None
    after: A
    data: EventData
    event: CloudEvent


Copy = tuple[str, CloudEvent]
"""A topic, and the event as it goes there."""


@dataclass(frozen=True, kw_only=True)
class Stream(Generic[A]):
    """What makes events one aggregate's: who speaks, on which topic, and how state follows from events.

    `evolve` is the pure fold; `key_of` gives the aggregate's id of an event and `version_of` the number of its newest
    event. `save` writes rows and history of everything that changed, in the transaction. `copy` tells somebody else of an
    event, on a topic of theirs: given the aggregate after the event, the payload and its envelope, or None for nobody.
    """

    source: str
    topic: str
    key_of: Callable[[Any], str]
    evolve: Callable[[A | None, Any], A]
    version_of: Callable[[A], int]
    save: Callable[[Connection, Sequence[Change[A]]], Awaitable[None]]
    copy: Callable[[A, Any, CloudEvent], Copy | None] = lambda *_: None


Reaction = Callable[[Connection, "UnitOfWork[Any]", Sequence[Change[Any]]], Awaitable[None]]
"""Does what follows from changes of the types it was registered for, all of them at once and in their order, in the
same transaction; it may record further events."""


class Reactions:
    """What follows from which event, said by the slices that care; the slice that records knows none of them."""

    def __init__(self) -> None:
        self._by_type: dict[type[EventData], list[Reaction]] = {}

    def add(self, reactions: Mapping[type[EventData], Reaction]) -> None:
        """Register what follows from these types of event."""
        for kind, reaction in reactions.items():
            self._by_type.setdefault(kind, []).append(reaction)

    def to(self, changes: Iterable[Change[Any]]) -> list[tuple[Reaction, list[Change[Any]]]]:
        """Return the reactions to `changes`, each once and with those that it was registered for."""
        found: dict[Reaction, list[Change[Any]]] = {}
        for change in changes:
            for reaction in self._by_type.get(type(change.data), ()):
                found.setdefault(reaction, []).append(change)
        return list(found.items())


NO_REACTIONS: Final = Reactions()


@dataclass
class UnitOfWork(Generic[A]):
    """Collects in memory what one transaction does to aggregates of a stream; `write` stores it in few statements.

    `at` is the transaction's instant (UTC, domain time). `loaded` holds every aggregate that the transaction has
    locked, by id; what is in neither is new.
    """

    stream: Stream[A]
    at: datetime
    loaded: Mapping[str, A] = field(default_factory=dict)
    reactions: Reactions = NO_REACTIONS
    changes: list[Change[A]] = field(default_factory=list, init=False)
    _states: dict[str, A] = field(default_factory=dict, init=False)
    _messages: list[OutboxMessage] = field(default_factory=list, init=False)

    def get(self, key: str) -> A | None:
        """Return the aggregate as this transaction leaves it so far, or None when there is none."""
        return self._states.get(key, self.loaded.get(key))

    def record(
        self, data: EventData, *, time: datetime, cause: CloudEvent | None = None, event_id: str | None = None
    ) -> A:
        """Add `data` to its aggregate's events, as happened at `time`; return the aggregate after it.

        `event_id` is given where the id must be the same at every attempt.
        """
        key = self.stream.key_of(data)
        before = self.get(key)
        after = self.stream.evolve(before, data)
        event = new_event(
            data,
            source=self.stream.source,
            subject=key,
            key=key,
            time=time,
            version=self.stream.version_of(after),
            cause=cause,
            event_id=event_id,
        )
        if (act := acts.current()) is not None:
            act.caused(key, event.id)
        self._states[key] = after
        self.changes.append(Change(before, after, data, event))
        self.send(self.stream.topic, event)
        copy = self.stream.copy(after, data, event)
        if copy is not None:
            self.send(*copy)
        return after

    def send(self, topic: str, event: CloudEvent) -> None:
        """Add an event that goes out beside the aggregate's own, such as an answer or a copy."""
        self._messages.append(outgoing(topic, event))

    async def write(self, connection: Connection) -> None:
        """Do what follows from the changes, then write rows, history and outbox in the caller's transaction.

        Who listens to commits is told of each aggregate as the transaction leaves it.
        """
        done = 0
        while done < len(self.changes):
            new, done = self.changes[done:], len(self.changes)
            for react, changes in self.reactions.to(new):
                await react(connection, self, changes)
        if self.changes:
            await self.stream.save(connection, self.changes)
            for state in self._states.values():
                tell(connection, state)
        await outbox.append(connection, self._messages)


async def carry_out(
    connection: Connection,
    commands: Sequence[C],
    *,
    work: Callable[[Connection, Sequence[C]], AbstractAsyncContextManager[U]],
    handle: Callable[[U, C], R],
    answer: Callable[[U, R], R] | None = None,
) -> list[R]:
    """Carry out one command or many in the caller's transaction; return what `handle` said of each, in order.

    `work` locks and loads everything the commands touch, gives the unit of work and writes it at the end. A refusal
    is a value: it touches nothing, and its neighbours are carried out. Any exception undoes all of them. Reactions may
    go further than `handle` did; `answer` then looks once more at what was written and gives the last word.
    """
    async with work(connection, commands) as unit:
        said = [handle(unit, command) for command in commands]
    return said if answer is None else [answer(unit, one) for one in said]
