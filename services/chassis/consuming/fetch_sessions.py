"""Fetch sessions (Kafka's KIP-227): the broker remembers what a reader asks for, and is told and tells only what changed.

aiokafka names each of its partitions in each fetch, and is answered for each of them. Of a city's 300 topics few have anything at a
time, and three consumers read them all: a fetch of 300 took 5 ms of its reader's processor, and takes half of that within a session
(measured 2026-11-27). So between the library's fetcher and its client stands one that keeps a session with each broker.

A partition of which the broker says nothing is as it was: nothing new to read, and no other end. What is known of it is then as
fresh as the answer (promise P3). Where that would not be sure, as after a seek or in a new assignment, everything is asked for anew.

It also gathers: behind an answer that was not full it waits before it asks again. The broker could be told to wait; but it looks at
all partitions of a fetch that waits for more bytes, each time that one of them is written to.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import for_code
from aiokafka.protocol.fetch import FetchRequest

from services.chassis.consuming.options import ConsumerOptions

# A partition's offset, and how much of it is wanted.
_Wanted: TypeAlias = tuple[int, int]
# A session's number where there is none, and the epoch of a request that names everything and begins one.
_NONE: Final = 0
_WHOLE: Final = 0


def install(consumer: AIOKafkaConsumer, options: ConsumerOptions) -> None:
    """Have a consumer that was started keep sessions; it fetches nothing before it has its partitions."""
    fetcher = consumer._fetcher  # noqa: SLF001 - the library names everything each time, and has no way to be told otherwise
    fetcher._client = Sessions(fetcher._client, consumer._subscription, options)  # noqa: SLF001


class Sessions:
    """Stands for the client of one fetcher, which sends a broker no fetch before the last one was answered."""

    def __init__(self, client: Any, subscriptions: Any, options: ConsumerOptions) -> None:
        self._client = client
        self._subscriptions = subscriptions
        self._options = options
        self._of: defaultdict[int, _Session] = defaultdict(_Session)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        """Send a fetch as what changed since the last one, and anything else as it is; raises what the client raises."""
        if not isinstance(request, FetchRequest):
            return await self._client.send(node_id, request, **options)
        session, assignment = self._of[node_id], self._subscriptions.subscription.assignment
        await asyncio.sleep(session.rests)
        response = await session.fetch(self._client, node_id, request, assignment)
        if getattr(response, "error_code", 0):
            # The broker forgot the session, as whenever it was begun anew. What begins another one is not refused for that.
            response = await session.fetch(self._client, node_id, request, assignment)
        if error := getattr(response, "error_code", 0):
            raise for_code(error)("of a fetch that names everything")
        session.rests = self._options.rest_behind(_bytes(response), len(assignment.tps))
        return response


class _Session:
    """What one broker was told of one reader's partitions."""

    def __init__(self) -> None:
        self._id = _NONE
        self._epoch = _WHOLE
        self._assignment: Any = None
        self._told: dict[TopicPartition, _Wanted] = {}
        self.rests = 0.0
        """How long to wait before the next fetch (seconds)."""

    async def fetch(self, client: Any, node_id: int, request: FetchRequest, assignment: Any) -> Any:
        """Ask for what `request` names and return the answer, which leaves out what did not change."""
        wanted = {
            TopicPartition(topic, partition): (offset, most)
            for topic, partitions in request.topics
            for partition, offset, most in partitions
        }
        # What an earlier assignment knew of its partitions is gone with it.
        epoch, told = (self._epoch, self._told) if assignment is self._assignment else (_WHOLE, {})
        asked = _Asked(request, self._id, epoch, wanted, told if epoch else {})
        # Whatever interrupts this one, the broker may have seen it or not.
        self._epoch = _WHOLE
        response = await client.send(node_id, asked)
        if not getattr(response, "error_code", 0):
            self._id, self._assignment, self._told = getattr(response, "session_id", _NONE), assignment, wanted
            if self._id != _NONE and _is_taken_in(response, wanted, assignment):
                self._epoch = epoch + 1
            # Throttled, the broker tells of none.
            if epoch and not response.throttle_time_ms:
                _was_heard_of(wanted, assignment)
        return response


class _Asked(FetchRequest):  # type: ignore[misc]
    """A fetch within a session, or (in the epoch of a whole one) one that ends it and begins another."""

    def __init__(
        self,
        request: FetchRequest,
        session: int,
        epoch: int,
        wanted: Mapping[TopicPartition, _Wanted],
        told: Mapping[TopicPartition, _Wanted],
    ) -> None:
        self.__dict__.update(request.__dict__)
        self._session, self._epoch = session, epoch
        topics: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for partition, each in wanted.items():
            if told.get(partition) != each:
                topics[partition.topic].append((partition.partition, *each))
        self._topics = list(topics.items())
        self._forgotten = [(each.topic, [each.partition]) for each in told.keys() - wanted.keys()]

    def build(self, request_struct_class: Any) -> Any:
        """Return the request in a version that the broker speaks; one before sessions names everything, as there is none."""
        struct = super().build(request_struct_class)
        struct.session_id, struct.session_epoch, struct.forgotten_topics_data = (
            self._session,
            self._epoch,
            self._forgotten,
        )
        return struct


def _is_taken_in(response: Any, wanted: Mapping[TopicPartition, _Wanted], assignment: Any) -> bool:
    """Return whether the fetcher will believe all of the answer: where a partition was sought meanwhile, it drops what is said of it.

    The broker would not repeat that, and the partition's end would stay one of long ago.
    """
    for topic, partitions in response.topics:
        for number, *_ in partitions:
            partition = TopicPartition(topic, number)
            state = assignment.state_value(partition)
            if not state.has_valid_position or state.position != wanted[partition][0]:
                return False
    return True


def _bytes(response: Any) -> int:
    return sum(len(each[-1] or b"") for _, partitions in response.topics for each in partitions)


def _was_heard_of(wanted: Mapping[TopicPartition, _Wanted], assignment: Any) -> None:
    """Note that the broker has just told of every partition: one that it left out is as it was."""
    now = int(1000 * time.time())
    for partition in wanted:
        assignment.state_value(partition).timestamp = now
