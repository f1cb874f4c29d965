"""A Kafka producer that can be trusted with accepted events.

aiokafka's idempotent producer can wedge for good after a non-retriable error (aiokafka#1017) and never gives up on a
retriable one, so every publication has a time limit and a failed producer is thrown away and built anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    ProducerClosed,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import RecordMetadata

from services.chassis.process import kafka
from services.chassis.process.kafka import Broker
from services.chassis.publishing.broker_clock import BrokerClock
from services.chassis.publishing.outbox import OutboxMessage

_log = structlog.get_logger(__name__)

_MAX_BATCH_BYTES: Final = 131_072
MOST_BYTES: Final = 1_000_000
"""How large a message may be, as `bytes_of` counts it: the broker's own limit for a batch (1,048,588) with some room.

Larger ones are refused here, before they have a sequence number: what follows them then still finds its place.
"""
_TOO_LARGE: Final = f"it is larger than {MOST_BYTES} bytes, or stands behind one that is in its topic"
# The cluster is asked so often for a topic that it doesn't know, a tenth of a second apart; a silence is no answer.
_ASKED: Final = 5
_ASKED_EVERY_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 5
_CUT_SECONDS: Final = 2
# What is wrong with a message or its topic before anything was sent: the producer is as good as it was.
_NOT_SENT: Final = (MessageSizeTooLargeError, UnknownTopicOrPartitionError, TopicAuthorizationFailedError)


class NotAcknowledged(Exception):
    """The broker did not acknowledge the message; it may or may not be in the topic."""


class ReliableProducer:
    """Publishes batches with acks=all and reports per message what the broker acknowledged."""

    def __init__(
        self, bootstrap: Broker | str, client_id: str, *, timeout: float = 15.0, broker_clock: BrokerClock | None = None
    ) -> None:
        self._bootstrap = bootstrap
        self._broker_clock = broker_clock or BrokerClock()
        self._client_id = client_id
        self._timeout = timeout
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, messages: Sequence[OutboxMessage]) -> list[NotAcknowledged | None]:
        """Send `messages` in order and wait for the broker; None in the answer means acknowledged.

        Raises nothing: an unreachable broker is a NotAcknowledged for every message, within the time limit (and up to
        seven seconds more to let go of the connection). A message that is too large, or a topic that is not there, not ours,
        or stuck, holds back its topic only: what stands behind it there is not sent.
        """
        producer: AIOKafkaProducer | None = None
        sending = _Sending(messages)
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(self._timeout):
                producer = await self._current()
                sent = self._broker_clock.now()
                answers = await sending.through(producer)
                self._broker_clock.note(sent, self._broker_clock.now(), _stamps(answers))
        except (TimeoutError, KafkaError, OSError) as error:
            failure = error
        results = sending.results(failure)
        if producer is not None and (failure is not None or sending.blames_producer()):
            await self._discard(producer)
        return results

    async def _current(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **kafka.options(self._bootstrap),
                    client_id=self._client_id,
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=5,
                    max_batch_size=_MAX_BATCH_BYTES,
                    max_request_size=MOST_BYTES,
                    request_timeout_ms=int(self._timeout * 1000),
                )
                try:
                    await producer.start()
                except BaseException:
                    await _stop(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _discard(self, producer: AIOKafkaProducer) -> None:
        _log.warning("kafka producer discarded", client_id=self._client_id)
        if self._producer is producer:
            self._producer = None
        await _stop(producer)

    async def stop(self) -> None:
        """Close the connection, within a few seconds whatever the broker does."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)


class _Sending:
    """One publication: each topic by itself, so that none waits for another one."""

    def __init__(self, messages: Sequence[OutboxMessage]) -> None:
        self._messages = messages
        self._futures: dict[int, asyncio.Future[object]] = {}
        # Why no more of a topic was sent.
        self._troubles: dict[str, BaseException] = {}

    async def through(self, producer: AIOKafkaProducer) -> list[object]:
        """Send all that can be sent; return what the broker said of each."""
        topics: dict[str, list[int]] = {}
        for number, message in enumerate(self._messages):
            topics.setdefault(message.topic, []).append(number)
        await asyncio.gather(*(self._send(producer, topic, numbers) for topic, numbers in topics.items()))
        return await asyncio.gather(*self._futures.values(), return_exceptions=True)

    async def _send(self, producer: AIOKafkaProducer, topic: str, numbers: Sequence[int]) -> None:
        try:
            await _find(producer, topic)
            for number in numbers:
                # Behind one that fails nothing is sent: it may not overtake what stands before it, a heartbeat least of all.
                self._futures[number] = await producer.send(topic, **_record(self._messages[number]))
        # aiokafka asserts what it is given, such as the number of a partition.
        except (KafkaError, OSError, AssertionError) as error:
            self._troubles[topic] = error

    def blames_producer(self) -> bool:
        """Return whether something failed that may have left the producer wedged."""
        return any(_result(future, None) for future in self._futures.values()) or any(
            not isinstance(error, _NOT_SENT) for error in self._troubles.values()
        )

    def results(self, failure: BaseException | None) -> list[NotAcknowledged | None]:
        """Return what became of each message; `failure` ended the publication, if anything did."""
        results = [
            _result(self._futures.get(number), self._troubles.get(message.topic, failure))
            for number, message in enumerate(self._messages)
        ]
        for future in self._futures.values():
            future.cancel()  # nobody asks any more
        return results


async def _find(producer: AIOKafkaProducer, topic: str) -> None:
    """Wait until the topic's partitions are known; raises where the cluster says that it has none such, or not for us."""
    client = producer.client
    client.add_topic(topic)
    answers = 0
    while client.cluster.partitions_for_topic(topic) is None:
        answers += bool(await client.force_metadata_update())
        if topic in client.cluster.unauthorized_topics:
            raise TopicAuthorizationFailedError(topic)
        if answers == _ASKED:
            raise UnknownTopicOrPartitionError(topic)
        if client.cluster.partitions_for_topic(topic) is None:
            await asyncio.sleep(_ASKED_EVERY_SECONDS)


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()
    except (TimeoutError, KafkaError, OSError) as error:
        _log.warning("kafka producer did not stop cleanly", error=repr(error))
        await _cut(producer)


async def _cut(producer: AIOKafkaProducer) -> None:
    """End what a `stop` that was cut off left running: aiokafka's sender would try for ever what nobody waits for any more."""
    # There is no other way to these than their own names.
    client, sender, waiting = producer.client, producer._sender.sender_task, producer._message_accumulator  # noqa: SLF001
    if sender is not None:
        sender.cancel()
    # A connection that is closed first sends what it has, for as long as a frozen broker doesn't read; so it is torn.
    writers = [each._writer for each in client._conns.values() if each._writer is not None]  # noqa: SLF001
    for writer in writers:
        writer.transport.abort()
    await client.close()
    # The sender's last requests fail by that, and each then waits for news of the cluster, which nobody fetches any more.
    news = client._md_update_fut or asyncio.get_running_loop().create_future()  # noqa: SLF001
    if not news.done():
        news.set_result(False)
    client._md_update_fut = news  # noqa: SLF001
    if sender is not None:
        await asyncio.wait({sender}, timeout=_CUT_SECONDS)
    # Of a request that was just about to open one.
    await client.close()
    # Whoever waits for a batch hears that it goes nowhere. Each counts as pending, since it is struck off there when it ends.
    waiting._pending_batches |= set(chain(*waiting._batches.values()))  # noqa: SLF001
    batches = list(waiting._pending_batches)  # noqa: SLF001
    waiting.fail_all(ProducerClosed())
    for batch in batches:
        batch._drain_waiter.exception()  # noqa: SLF001 - else asyncio complains that nobody asked


def bytes_of(message: OutboxMessage) -> int:
    """Return how large a message counts; above `MOST_BYTES` it is never sent."""
    return int(
        DefaultRecordBatchBuilder.estimate_size_in_bytes(message.key, message.value or b"", list(message.headers))
    )


def _stamps(answers: Sequence[object]) -> list[float]:
    """Return when (Unix time) brokers say that they took the records, where the topic has them say it."""
    return [each.timestamp / 1000 for each in answers if isinstance(each, RecordMetadata) and each.timestamp_type]


def _result(future: asyncio.Future[object] | None, failure: BaseException | None) -> NotAcknowledged | None:
    if future is not None and future.done() and not future.cancelled():
        failure = future.exception()
        if failure is None:
            return None
    if isinstance(failure, MessageSizeTooLargeError):
        return NotAcknowledged(_TOO_LARGE)
    return NotAcknowledged(repr(failure))


def _record(message: OutboxMessage) -> dict[str, Any]:
    # Kafka takes a record with neither key nor value; aiokafka asserts that there is none.
    value = b"" if message.key is None and message.value is None else message.value
    return {
        "value": value,
        "key": message.key,
        "partition": message.partition,
        "headers": list(message.headers),
    }
