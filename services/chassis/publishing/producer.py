"""A Kafka producer that can be trusted with accepted events.

aiokafka's idempotent producer can wedge for good after a non-retriable error (aiokafka#1017) and never gives up on a
retriable one, so every publication has a time limit and a failed producer is thrown away and built anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.structs import RecordMetadata

from services.chassis.process import kafka
from services.chassis.process.kafka import Broker
from services.chassis.publishing.broker_clock import BrokerClock
from services.chassis.publishing.outbox import OutboxMessage

_log = structlog.get_logger(__name__)

_MAX_BATCH_BYTES: Final = 131_072
# The broker's own limit for a batch (1,048,588) less room for headers, which aiokafka does not count. Larger messages
# are refused here, before they have a sequence number: what follows them then still finds its place.
_MAX_MESSAGE_BYTES: Final = 1_000_000
_TOO_LARGE: Final = f"it is larger than {_MAX_MESSAGE_BYTES} bytes, or stands behind one that is in its topic"
_STOP_SECONDS: Final = 5


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
        five seconds more to let go of the connection). A message that is too large holds back its topic only.
        """
        producer: AIOKafkaProducer | None = None
        futures: dict[int, asyncio.Future[object]] = {}
        too_large: set[str] = set()
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(self._timeout):
                producer = await self._current()
                sent = self._broker_clock.now()
                for number, message in enumerate(messages):
                    if message.topic in too_large:
                        continue  # nothing may overtake what stands before it, a heartbeat least of all
                    try:
                        futures[number] = await producer.send(message.topic, **_record(message))
                    except MessageSizeTooLargeError:
                        too_large.add(message.topic)
                answers = await asyncio.gather(*futures.values(), return_exceptions=True)
                self._broker_clock.note(sent, self._broker_clock.now(), _stamps(answers))
        # aiokafka asserts what it is given, such as the number of a partition.
        except (TimeoutError, KafkaError, OSError, AssertionError) as error:
            failure = error
        results = [
            NotAcknowledged(_TOO_LARGE)
            if message.topic in too_large and number not in futures
            else _result(futures.get(number), failure)
            for number, message in enumerate(messages)
        ]
        if (producer is not None and any(results[number] for number in futures)) or (failure is not None and producer):
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
                    max_request_size=_MAX_MESSAGE_BYTES,
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


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()
    except (TimeoutError, KafkaError, OSError) as error:
        _log.warning("kafka producer did not stop cleanly", error=repr(error))


def _stamps(answers: Sequence[object]) -> list[float]:
    """Return when (Unix time) brokers say that they took the records, where the topic has them say it."""
    return [each.timestamp / 1000 for each in answers if isinstance(each, RecordMetadata) and each.timestamp_type]


def _result(future: asyncio.Future[object] | None, failure: BaseException | None) -> NotAcknowledged | None:
    if future is not None and future.done() and not future.cancelled() and future.exception() is None:
        return None
    cause = failure
    if future is not None and future.done() and not future.cancelled():
        cause = future.exception()
    return NotAcknowledged(repr(cause))


def _record(message: OutboxMessage) -> dict[str, Any]:
    # Kafka takes a record with neither key nor value; aiokafka asserts that there is none.
    value = b"" if message.key is None and message.value is None else message.value
    return {
        "value": value,
        "key": message.key,
        "partition": message.partition,
        "headers": list(message.headers),
    }
