"""What one transaction adds to the ledger: hazards, sealed history, and events on their way out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from duban_contracts.cloudevents import CloudEvent, format_time
from duban_contracts.events.hazards import HazardEvent, HazardRegistered
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import OutboxMessage, outgoing
from services.chassis.storage.database import Connection
from services.ledger.adapters import hazards, history
from services.ledger.adapters.hazards import Entry
from services.ledger.domain import chain
from services.ledger.domain.evolution import evolve
from services.ledger.domain.hazard import Hazard

SOURCE: Final = "/duban/ledger"


class Journal:
    """Collects the effects of one transaction in memory, in order, and writes them in a handful of statements.

    Every hazard in it must be new or locked by the transaction. `at` is the transaction's instant (domain time).
    """

    def __init__(self, at: datetime, topic_prefix: str, entries: Iterable[Entry] = ()) -> None:
        self.at = at
        self._prefix = topic_prefix
        self._hazard_topic = f"{topic_prefix}{TopicFamily.HAZARD}"
        self._entries = {entry.hazard.hazard_id: entry for entry in entries}
        self._new: set[str] = set()
        self._changed: set[str] = set()
        self._records: list[history.Record] = []
        self._messages: list[OutboxMessage] = []

    def at_for(self, hazard: Hazard | None) -> datetime:
        """Return the instant of a hazard's next event: never before its last, whatever the machines' clocks say."""
        return self.at if hazard is None else max(self.at, hazard.changed_at)

    def record(self, event: HazardEvent, cause: CloudEvent | None = None) -> Hazard:
        """Add `event` to its hazard's history and to the outgoing events; return the hazard after it."""
        hazard_id = event.hazard.hazard_id
        before = self._entries.get(hazard_id)
        after = evolve(before.hazard if before else None, event)
        envelope = new_event(
            event,
            source=SOURCE,
            subject=hazard_id,
            key=hazard_id,
            time=event.occurred_at,
            version=after.version,
            cause=cause,
        )
        sealed = _seal(before.head if before else chain.GENESIS, envelope, after.version)
        self._records.append(sealed)
        self._entries[hazard_id] = Entry(after, sealed.digest)
        (self._changed if before else self._new).add(hazard_id)
        self._messages.append(outgoing(self._hazard_topic, envelope))
        if not isinstance(event, HazardRegistered):
            # For 入账 the claim's own answer says it all; every other event is copied to the county.
            copy = msgspec.structs.replace(envelope, partitionkey=after.reference)
            self._messages.append(outgoing(feedback_topic(after.county, self._prefix), copy))
        return after

    def send(self, topic: str, event: CloudEvent) -> None:
        """Add an event that is no part of a hazard's history."""
        self._messages.append(outgoing(topic, event))

    async def write(self, connection: Connection) -> None:
        """Write everything in the caller's transaction, which must share the HISTORY lock."""
        await hazards.insert(connection, [self._entries[hazard_id] for hazard_id in sorted(self._new)])
        await hazards.update(connection, [self._entries[hazard_id] for hazard_id in sorted(self._changed)])
        await history.append(connection, self._records)
        await outbox.append(connection, self._messages)


def _seal(previous: bytes, envelope: CloudEvent, version: int) -> history.Record:
    hazard_id = envelope.subject or ""
    time = format_time(envelope.time) if envelope.time else ""
    cause_id = envelope.causationid or ""
    digest = chain.link(
        previous,
        hazard_id=hazard_id,
        version=version,
        event_id=envelope.id,
        event_type=envelope.type,
        time=time,
        cause_id=cause_id,
        payload=envelope.data,
    )
    return history.Record(hazard_id, version, envelope.id, envelope.type, time, cause_id, envelope.data, digest)
