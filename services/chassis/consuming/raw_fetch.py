"""Asking the broker once more, for one batch as bytes: what the client library failed on is looked at by ourselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, LeaderNotAvailableError, for_code
from aiokafka.protocol.fetch import FetchRequest

from services.chassis.consuming.record_batches import Batch, first_batch

_WAIT_MS: Final = 500
# The broker gives the first batch whole, however large it is.
_LEAST_BYTES: Final = 1
_READ_COMMITTED: Final = 1
# From this version on the answer names a preferred replica between the aborted transactions and the records.
_WITH_PREFERRED_REPLICA: Final = 11


@dataclass(frozen=True, slots=True)
class Fetched:
    """The batch at an offset, and whether its transaction was taken back."""

    batch: Batch
    aborted: bool


async def fetch_batch(consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> Fetched:
    """Return the batch that holds `offset`; raises KafkaError when the broker gives none, Unreadable for no batch."""
    client = consumer._client  # noqa: SLF001 - the library has no public way to a batch's bytes
    leader = client.cluster.leader_for_partition(partition)
    if leader is None or leader < 0:
        raise LeaderNotAvailableError(f"{partition} has no leader just now")
    request = FetchRequest(
        _WAIT_MS,
        1,
        _LEAST_BYTES,
        _READ_COMMITTED,
        [(partition.topic, [(partition.partition, offset, _LEAST_BYTES)])],
    )
    response: Any = await client.send(leader, request)
    ((_, (answer,)),) = response.topics
    if answer[1]:
        raise for_code(answer[1])(str(partition))
    if not answer[-1]:
        raise KafkaError(f"{partition} holds nothing at {offset}")
    batch = first_batch(bytes(answer[-1]))
    aborted = answer[-3 if response.API_VERSION >= _WITH_PREFERRED_REPLICA else -2]
    return Fetched(batch, batch.is_transactional and _is_aborted(batch, aborted))


def _is_aborted(batch: Batch, aborted: Any) -> bool:
    return any(producer == batch.producer_id and first <= batch.base_offset for producer, first in aborted or ())
