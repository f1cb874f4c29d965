"""Watches a consumer from beside its loop: lag, freshness, and whether it still moves."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from services.chassis.consuming import broker
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.ends import written
from services.chassis.consuming.errors import Stalled
from services.chassis.consuming.hands import Hands, Taken
from services.chassis.consuming.open_transactions import OpenTransactions
from services.chassis.consuming.telling import TopicsTold
from services.chassis.process.clock import Clock
from services.chassis.process.kafka import Broker
from services.chassis.telemetry import metrics
from services.chassis.telemetry.stacks import dump_stacks

_log = structlog.get_logger(__name__)

_ADMIN_SECONDS: Final = 5
# For so long a partition's leader is waited for; one that takes longer has its partitions left out.
_LEADER_SECONDS: Final = 2


class Observer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Keeps the positions of one consumer, exports them, and raises Stalled when there is work and no movement."""

    def __init__(
        self,
        *,
        name: str,
        consumer: AIOKafkaConsumer,
        bootstrap: Broker | str,
        clock: Clock,
        stall_timeout: float,
        since: datetime,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._steady = steady
        self._consumer = consumer
        self._bootstrap = bootstrap
        self._clock = clock
        self._stall_timeout = stall_timeout
        # What is not known is as old as this.
        self._since = since
        self._last_turn = self._last_move = steady()
        self._hands = Hands()
        self._positions: dict[TopicPartition, int] = {}
        self._applied_at: dict[TopicPartition, datetime] = {}
        # Up to when (wall) all is applied: once true it stays true.
        self._through: dict[TopicPartition, datetime] = {}
        self._transactions = OpenTransactions(name, consumer, clock)
        self._topics = TopicsTold(name)
        self._held: set[TopicPartition] = set()
        self._lag = 0
        self._joined = False
        self._fetched = False
        self.leaderless: Collection[str] = ()
        """The topics of which a partition had no leader that answered, when it was last asked."""
        self.membership = 0
        """Counts rebalances: what was fetched before one may belong to another member by now."""

    @property
    def reads(self) -> bool:
        """Whether the group has given this consumer its partitions, be they none, and a fetch has returned."""
        return self._joined and self._fetched

    def turned(self) -> None:
        """Note that the loop is alive: it polls, or waits for something it knows to be away."""
        self._last_turn = self._steady()

    def waits(self) -> None:
        """Note that the batch in hand waits for something outside that is known to be away: that is no stall."""
        self._last_turn = self._last_move = self._steady()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002 - its signature
        """Another member may take these on: a rebalance revokes everything, finished or not."""
        self.membership += 1
        self._joined = self._fetched = False

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:  # noqa: ARG002 - its signature
        """Forget positions of an earlier membership, not what is held: the committed offsets are the truth now."""
        self._hands.clear()
        self._applied_at.clear()
        self._through.clear()
        self._joined = True
        for partition in self._held:
            self.hold(partition)
        self.membership += 1
        self._last_move = self._steady()

    def took(self, records: Sequence[RawRecord]) -> Taken:
        """Note, in the same step in which they were fetched, that `records` are in hand."""
        self._fetched = self._joined
        taken = Taken(records, self.membership)
        self._hands.take(taken, self._clock.wall())
        return taken

    def applied(self, taken: Taken, records: Sequence[RawRecord]) -> None:
        """Note that `taken` is no longer in hand: `records` of it are applied and committed, the others put back."""
        self._last_move = self._steady()
        if taken.membership == self.membership:
            self._hands.let_go(taken)
            # As what is in hand: a broker may be ahead.
            wall = self._clock.wall()
            self._applied_at.update({record.topic_partition: min(record.timestamp, wall) for record in records})
        if records:
            newest = max(record.timestamp for record in records)
            metrics.CONSUMER_LAST_EVENT.labels(self._name).set(newest.timestamp())

    async def observe(self) -> Mapping[TopicPartition, datetime]:
        """Compare positions with the ends; return for each assigned partition up to when (wall) all is applied.

        Everything below the fetch position that is not in hand is applied, here or by whoever committed it. (The last
        record's offset says less: transaction markers and what was compacted or has expired take up offsets, too.)
        A partition whose end is reached, open transactions included, is applied through the instant before the ends were asked
        for: what an open one holds back carries an earlier timestamp than its commit. One with records left is applied through its
        last applied record, or what was known before, or absent. Of these it is asked what may be read, since the rest is nobody's
        lag yet. One without a leader keeps no other waiting. Raises KafkaError or TimeoutError when nobody answers.
        """
        membership = self.membership
        wall = self._clock.wall()
        # A broker stamps whole milliseconds: what it takes in the rest of this one would else carry an earlier time.
        asked_at = wall - timedelta(microseconds=wall.microsecond % 1000)
        self._forget_the_future(wall)
        assignment = sorted(self._consumer.assignment())
        async with asyncio.timeout(_ADMIN_SECONDS):
            ends = await written(self._consumer, assignment, patience=_LEADER_SECONDS)
            known = [partition for partition in assignment if partition in ends]
            positions = await self._hands.positions(self._consumer, known)
            unread = [partition for partition in known if positions[partition] < ends[partition]]
            # All at once: a broker answers only after the fetch that waits on the same connection.
            ends |= await self._consumer.end_offsets(unread) if unread else {}
        if membership != self.membership:
            # A rebalance came between: what was asked for belongs to an earlier membership.
            return {}
        for partition in set(known) - set(unread):
            self._is_applied(partition, asked_at)
        for partition in self._applied_at.keys() & set(unread):
            self._is_applied(partition, self._applied_at[partition])
        self._transactions.look(assignment)
        lags = {partition: max(0, ends[partition] - positions[partition]) for partition in known}
        self._lag = sum(lags.values())
        moving = self._lag - sum(lags[partition] for partition in self._consumer.paused() & lags.keys())
        if moving == 0 or positions != self._positions:
            self._last_move = self._steady()
        self._positions = positions
        self.leaderless = {partition.topic for partition in set(assignment) - lags.keys()}
        self._export(asked_at, assignment, {each for each in assignment if lags.get(each, 1)})
        return {partition: self._through[partition] for partition in assignment if partition in self._through}

    def _is_applied(self, partition: TopicPartition, through: datetime) -> None:
        self._through[partition] = max(through, self._through.get(partition, through))

    def _forget_the_future(self, wall: datetime) -> None:
        """Drop what this host's clock said before it was set back: the wall alone would make it true, whether or not we read."""
        self._hands.forget_the_future(wall)
        self._transactions.forget_the_future(wall)
        for known in (self._applied_at, self._through):
            for partition in [partition for partition, at in known.items() if at > wall]:
                del known[partition]

    def hold(self, partition: TopicPartition) -> None:
        """Read no more from `partition` from now on, whoever joins the group; the table says until when."""
        self._held.add(partition)
        if partition in self._consumer.assignment():
            self._consumer.pause(partition)

    def leave_alone(self, held: Collection[TopicPartition]) -> None:
        """Read no more from the partitions that are held, and again from those that were resumed."""
        self._held, paused = set(held), self._consumer.paused()
        for partition in set(held) - paused:
            self.hold(partition)
        for partition in paused - set(held):
            self._consumer.resume(partition)
        self._topics.tell({each.topic for each in self._consumer.assignment()}, {each.topic for each in held})

    def _export(self, asked_at: datetime, assignment: Sequence[TopicPartition], behind: set[TopicPartition]) -> None:
        metrics.CONSUMER_LAG.labels(self._name).set(self._lag)
        metrics.CONSUMER_PARTITIONS.labels(self._name).set(len(assignment))
        if assignment:
            waiting = behind - self._consumer.paused()
            oldest = min((self._oldest(partition) for partition in waiting), default=asked_at)
            metrics.CONSUMER_OLDEST_UNPROCESSED.labels(self._name).set(oldest.timestamp())
        elif self._joined:
            # A member that stands by has nothing to process; an old instant here would look like a backlog.
            with contextlib.suppress(KeyError):
                metrics.CONSUMER_OLDEST_UNPROCESSED.remove(self._name)
        self._transactions.tell(assignment)

    def _oldest(self, partition: TopicPartition) -> datetime:
        """Return since when something may wait on `partition`: a restart must not make an old fault young.

        The record in hand says it to the moment. A held partition and one behind an open transaction are not asked:
        that is one publisher's trouble, and has gauges of its own.
        """
        known = (self._hands.since(partition), self._through.get(partition))
        return max((at for at in known if at is not None), default=self._since)

    def is_stalled(self) -> bool:
        """Return whether the loop hangs, or there is work and nothing has moved, for longer than the stall time."""
        now = self._steady()
        hangs = now - self._last_turn > self._stall_timeout
        return hangs or (self._lag > 0 and now - self._last_move > self._stall_timeout)

    def overslept(self, seconds: float, *, worked: float) -> None:
        """Leave out what of `seconds` this whole process did not run: frozen with its machine, nothing could move.

        A loop that something of ours keeps busy oversleeps, too, and `worked` for as long (processor time): no excuse.
        """
        frozen, now = max(0.0, seconds - worked), self._steady()
        self._last_turn = min(now, self._last_turn + frozen)
        self._last_move = min(now, self._last_move + frozen)

    async def watch(self) -> None:
        """Run beside the loop; raises Stalled, after dumping all stacks, when it hangs or no longer moves."""
        rest = min(1.0, self._stall_timeout / 4)
        while True:
            began, worked = self._steady(), time.process_time()
            await asyncio.sleep(rest)
            self.overslept(self._steady() - began - rest, worked=time.process_time() - worked)
            if not self.is_stalled():
                continue
            if not await broker.is_reachable(self._bootstrap):
                self.waits()
            else:
                _log.critical("consumer stalled", consumer=self._name, lag=self._lag)
                dump_stacks()
                raise Stalled(f"{self._name}: lag {self._lag}, nothing moved for {self._stall_timeout:.0f} s")
