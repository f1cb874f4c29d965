"""What clients of other makes write: batches built byte by byte, and producers with their own defaults."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from duban_contracts.cloudevents import CloudEvent, to_kafka
from services.chassis.testing.kafka import eventually

_CRC_AT = 17
_CRC_FROM = 21


def empty_batch(codec: int) -> DefaultRecordBatchBuilder:
    """Return a batch to put records into, packed by `codec` (the number in its attributes), of a producer that is neither idempotent nor in a transaction."""
    return DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=2**20,
    )


def batch_of(events: Sequence[CloudEvent], *, extra: Mapping[bytes, bytes] | None = None, codec: int = 0) -> bytes:
    """Return a record batch of `events`; `extra` are further headers by name and value, of any bytes."""
    builder = empty_batch(codec)
    places = {f"duban-place-{n}".ljust(len(name), "_")[: len(name)]: name for n, name in enumerate(extra or {})}
    for number, event in enumerate(events):
        key, value, headers = to_kafka(event)
        more = [(place, (extra or {})[name]) for place, name in places.items()]
        builder.append(number, timestamp=1_000_000, key=key, value=value, headers=[*headers, *more])
    batch = bytes(builder.build())
    for place, name in places.items():
        batch = batch.replace(place.encode(), name)
    return sealed(batch)


def sealed(batch: bytes) -> bytes:
    """Return a batch whose checksum is right again after its bytes were changed."""
    return batch[:_CRC_AT] + struct.pack("!I", calc_crc32c(batch[_CRC_FROM:])) + batch[_CRC_FROM:]


async def append_batch(bootstrap: str, topic: str, partition: int, batch: bytes) -> None:
    """Write a batch's own bytes to a partition and wait for the broker's ack; raises AssertionError when refused.

    What every producer tries again (a topic made just now has no leader everywhere) is tried again here, too.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()

    async def written() -> None:
        await producer.client.force_metadata_update()
        leader = producer.client.cluster.leader_for_partition(TopicPartition(topic, partition))
        request = ProduceRequest(
            transactional_id=None, required_acks=-1, timeout=10_000, topics=[(topic, [(partition, batch)])]
        )
        response = await producer.client.send(leader, request)
        error = for_code(response.topics[0][1][0][1])
        assert not error.retriable, f"not yet: {error!r}"
        refused.append(error)

    refused: list[type[KafkaError]] = []
    try:
        await producer.partitions_for(topic)
        await eventually(written)
        assert refused == [NoError], f"the broker refused the batch: {refused}"
    finally:
        await producer.stop()
