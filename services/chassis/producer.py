"""A Kafka producer that can be trusted with accepted events.

aiokafka's idempotent producer can wedge for good after a non-retriable error (aiokafka#1017) and never gives up on a
retriable one, so every publication has a time limit and a failed producer is thrown away and built anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.chassis.outbox import OutboxMessage

_log = structlog.get_logger(__name__)

_MAX_BATCH_BYTES: Final = 131_072
_MAX_REQUEST_BYTES: Final = 8_388_608
_STOP_SECONDS: Final = 5


class PublishError(Exception):
    """The broker did not acknowledge the message; it may or may not be in the topic."""


class ReliableProducer:
    """Publishes batches with acks=all and reports per message what the broker acknowledged."""

    def __init__(self, bootstrap: str, client_id: str, *, timeout: float = 15.0) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._timeout = timeout
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, messages: Sequence[OutboxMessage]) -> list[PublishError | None]:
        """Send `messages` in order and wait for the broker; None in the answer means acknowledged.

        Raises nothing: an unreachable broker is a PublishError for every message, within the time limit.
        """
        producer: AIOKafkaProducer | None = None
        futures: list[asyncio.Future[object]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(self._timeout):
                producer = await self._current()
                for message in messages:
                    futures.append(  # noqa: PERF401 - each send must be awaited before the next, to keep order
                        await producer.send(
                            message.topic,
                            message.value,
                            key=message.key,
                            partition=message.partition,
                            headers=list(message.headers),
                        )
                    )
                await asyncio.gather(*futures, return_exceptions=True)
        except (TimeoutError, KafkaError, OSError) as error:
            failure = error
        results = [_result(futures[i] if i < len(futures) else None, failure) for i in range(len(messages))]
        if any(results) and producer is not None:
            await self._discard(producer)
        return results

    async def _current(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    client_id=self._client_id,
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=5,
                    max_batch_size=_MAX_BATCH_BYTES,
                    max_request_size=_MAX_REQUEST_BYTES,
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


def _result(future: asyncio.Future[object] | None, failure: BaseException | None) -> PublishError | None:
    if future is not None and future.done() and not future.cancelled() and future.exception() is None:
        return None
    cause = failure
    if future is not None and future.done() and not future.cancelled():
        cause = future.exception()
    return PublishError(repr(cause))
