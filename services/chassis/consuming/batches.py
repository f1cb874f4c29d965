"""One fetched batch, one transaction: decode, take in once, apply, keep what can't be applied."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import structlog
from aiokafka import TopicPartition

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.refusals import Refusal, refusal
from services.chassis.consuming import dead_letters, inbox, provenance, replay, versions
from services.chassis.consuming.dead_letters import DeadLetter
from services.chassis.consuming.deliveries import UNKNOWN_EVENT_TYPE, Delivery, RawRecord, read
from services.chassis.consuming.errors import Poison, is_away
from services.chassis.process.failpoints import reach
from services.chassis.storage import trail
from services.chassis.storage.database import Connection
from services.chassis.telemetry import metrics

_log = structlog.get_logger(__name__)

Apply = Callable[[Connection, Sequence[Delivery]], Awaitable[None]]
"""Applies new events in one transaction, in their order. Raises Poison to give one up, Retryable to try again."""


class RefusedRecord(NamedTuple):
    """A record that is no event of the contract, its envelope as far as that could be read, and why."""

    record: RawRecord
    event: CloudEvent | None
    why: Refusal


Refuse = Callable[[Connection, Sequence[RefusedRecord]], Awaitable[None]]
"""Answers records that are no events of the contract, in the transaction that keeps them as dead letters."""

Takes = Callable[[str | None], bool]
"""Tells whether an event of this type, or what could not be read (None), is the consumer's to take or to refuse."""

Progress = Callable[[Connection, Mapping[TopicPartition, datetime]], Awaitable[None]]
"""Called inside the transaction with, per partition, the broker time (wall) up to which every record is applied."""


class Ordering(enum.Enum):
    """How a consumer makes redelivery harmless."""

    INBOX = enum.auto()
    VERSION = enum.auto()


@dataclass
class Tally:
    """What became of a batch's records. It counts only when the batch is committed: a batch may be tried often."""

    consumer: str
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: list[str] = field(default_factory=list)

    def add(self, outcome: str, number: int) -> None:
        """Note that `number` records came to `outcome`."""
        self.outcomes[outcome] += number

    def count(self) -> None:
        """Add everything to the metrics."""
        for outcome, number in self.outcomes.items():
            if number:
                metrics.CONSUMER_EVENTS.labels(self.consumer, outcome).inc(number)
        for code in self.codes:
            metrics.DEAD_LETTERS.labels(self.consumer, code).inc()


@dataclass(frozen=True)
class BatchProcessor:
    """Turns fetched records into effects, for one consumer.

    Of a topic that several read, `takes` says what is this one's; None: all of it. Ids are remembered of everything
    that could be read, so that whoever uses one for two things is told so, whichever of the readers each was for.
    """

    consumer: str
    apply: Apply
    ordering: Ordering
    topic_prefix: str = ""
    refuse: Refuse | None = None
    progress: Progress | None = None
    takes: Takes | None = None

    async def process(
        self,
        connection: Connection,
        records: Sequence[RawRecord],
        poisoned: Mapping[str, Poison],
        *,
        singly: bool = False,
    ) -> Tally:
        """Apply `records` in the caller's transaction; those named in `poisoned` (by origin) become dead letters.

        Raises whatever `apply` raises; the caller rolls back and decides. `singly` applies each event by itself, so
        that a bug's exception names the event it met (one record may release others that were parked). The caller
        has the tally counted once it has committed.
        """
        tally = Tally(self.consumer)
        readable = await self._read(connection, records, poisoned, tally)
        deliveries = await self._take_in(connection, readable, poisoned, tally)
        reach("consumer.claimed")
        if singly:
            for delivery in deliveries:
                await self._apply_one(connection, delivery)
        elif deliveries:
            await self.apply(connection, deliveries)
        reach("consumer.applied")
        tally.add("applied", len(deliveries))
        if self.progress is not None and records:
            await self.progress(connection, {r.topic_partition: r.timestamp for r in records})
        return tally

    async def _apply_one(self, connection: Connection, delivery: Delivery) -> None:
        try:
            await self.apply(connection, [delivery])
        except Exception as error:
            if isinstance(error, Poison) or is_away(error):
                raise
            raise Poison("unexpected-error", repr(error), delivery=delivery) from error

    async def _read(
        self,
        connection: Connection,
        records: Sequence[RawRecord],
        poisoned: Mapping[str, Poison],
        tally: Tally,
    ) -> list[tuple[RawRecord, CloudEvent, Delivery | None]]:
        readable: list[tuple[RawRecord, CloudEvent, Delivery | None]] = []
        refused: list[RefusedRecord] = []
        for record in records:
            if poisoned and (poison := poisoned.get(record.origin)):
                await self._keep(connection, DeadLetter(record, poison.code, poison.message), tally)
                continue
            event, data = read(record)
            if isinstance(data, Refusal) and not self._is_mine(event):
                tally.add("skipped", 1)
            elif not isinstance(data, Refusal):
                assert event is not None  # noqa: S101 - a payload is only read from an envelope
                readable.append((record, event, Delivery(record, event, data)))
            elif data.code == UNKNOWN_EVENT_TYPE and self.refuse is None and event is not None:
                # Readers ignore what they do not know, but its version still counts.
                readable.append((record, event, None))
            else:
                refused.append(RefusedRecord(record, event, data))
        await self._refuse(connection, refused, tally)
        return readable

    async def _refuse(self, connection: Connection, refused: Sequence[RefusedRecord], tally: Tally) -> None:
        """Keep what is no event and answer what wasn't kept before, all at once: whoever floods us costs no more."""
        if not refused:
            return
        letters = [
            DeadLetter(one.record, one.why.code, f"{one.why.field}: {one.why.rule}", refused=self.refuse is not None)
            for one in refused
        ]
        kept = await dead_letters.write_all(connection, self.consumer, self.topic_prefix, letters)
        fresh = [one for one in refused if one.record.origin in kept]
        tally.add("duplicate", len(refused) - len(fresh))
        tally.add("refused" if self.refuse is not None else "dead_lettered", len(fresh))
        tally.codes += [one.why.code for one in fresh]
        for one in fresh:
            _log.warning(
                "record is no event of the contract",
                consumer=self.consumer,
                code=one.why.code,
                field=one.why.field,
                origin=one.record.origin,
                event_id=one.event.id if one.event else None,
            )
        if self.refuse is not None and fresh:
            await self.refuse(connection, fresh)

    async def _keep(self, connection: Connection, letter: DeadLetter, tally: Tally) -> bool:
        if not await dead_letters.write(connection, self.consumer, self.topic_prefix, letter):
            tally.add("duplicate", 1)
            return False
        tally.add("refused" if letter.refused else "dead_lettered", 1)
        tally.codes.append(letter.code)
        return True

    async def _take_in(
        self,
        connection: Connection,
        readable: Sequence[tuple[RawRecord, CloudEvent, Delivery | None]],
        poisoned: Mapping[str, Poison],
        tally: Tally,
    ) -> list[Delivery]:
        tally.add("skipped", sum(delivery is None for _, _, delivery in readable))
        if self.ordering is Ordering.INBOX:
            deliveries = [delivery for _, _, delivery in readable if delivery is not None]
            return await self._claim(connection, deliveries, tally) if deliveries else []
        for record in await versions.unpark(connection, self.consumer, list(poisoned)):
            poison = poisoned[record.origin]
            await self._keep(connection, DeadLetter(record, poison.code, poison.message), tally)
        admission = await versions.admit(
            connection,
            self.consumer,
            [(record, event.subject, event.aggregateversion) for record, event, _ in readable],
        )
        tally.add("duplicate", admission.dropped)
        tally.add("parked", admission.parked)
        at_hand = {record.origin: delivery for record, _, delivery in readable}
        deliveries = []
        for record in admission.admitted:
            delivery = at_hand[record.origin] if record.origin in at_hand else _reread(record)
            if delivery is not None:
                deliveries.append(delivery)
        return deliveries

    async def _claim(self, connection: Connection, deliveries: Sequence[Delivery], tally: Tally) -> list[Delivery]:
        claimed = await inbox.claim(connection, self.consumer, deliveries)
        new, reused, mine = self._of_mine(claimed.new), self._of_mine(claimed.reused), self._of_mine(deliveries)
        if self.refuse is None:
            reused = []
        known = refusal("id-reused", field="id")
        await self._refuse(connection, [RefusedRecord(each.record, each.event, known) for each in reused], tally)
        tally.add("duplicate", len(mine) - len(new) - len(reused))
        tally.add("skipped", len(deliveries) - len(mine))
        await trail.write(connection, provenance.rows_of(self.consumer, new))
        return new

    def _of_mine(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        return [each for each in deliveries if self._is_mine(each.event)]

    def _is_mine(self, event: CloudEvent | None) -> bool:
        return self.takes is None or self.takes(event.type if event else None)


def _reread(record: RawRecord) -> Delivery | None:
    """Return the event of a record that was parked, or None for one that was skipped or dropped meanwhile."""
    if replay.is_tombstone(record.headers):
        return None
    event, data = read(record)
    return None if event is None or isinstance(data, Refusal) else Delivery(record, event, data)
