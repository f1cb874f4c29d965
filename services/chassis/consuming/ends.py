"""Asking the brokers how far partitions are written, over a connection of its own."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, LeaderNotAvailableError, for_code
from aiokafka.protocol.offset import OffsetRequest

# The library has a connection for what it fetches (0), and one for the group (1). On the first a broker answers only behind the fetch
# that waits there, up to a second.
_CONNECTION: Final = 2
_READ_UNCOMMITTED: Final = 0
_LATEST: Final = -1
_AGAIN_SECONDS: Final = 0.1


async def written(consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    """Return by partition the offset behind its last record, those of open transactions included (the high watermark).

    Asks again while partitions have no leader or a broker is away, until cancelled; raises KafkaError for what does not pass.
    """
    client = consumer._client  # noqa: SLF001 - the library's own question goes over the connection of its fetches
    while True:
        try:
            return await _ask(client, partitions)
        except KafkaError as error:
            if not error.retriable:
                raise
            if error.invalid_metadata:
                client.force_metadata_update()
            await asyncio.sleep(_AGAIN_SECONDS)


async def _ask(client: Any, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    asked: defaultdict[int, defaultdict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for partition in partitions:
        leader = client.cluster.leader_for_partition(partition)
        if leader is None or leader < 0:
            raise LeaderNotAvailableError(str(partition))
        asked[leader][partition.topic].append((partition.partition, _LATEST))
    requests = {leader: OffsetRequest(_LATEST, _READ_UNCOMMITTED, list(of.items())) for leader, of in asked.items()}
    responses = await asyncio.gather(
        *(client.send(leader, request, group=_CONNECTION) for leader, request in requests.items())
    )
    ends = {}
    for response in responses:
        for topic, answers in response.topics:
            for number, code, _, offset, *_ in answers:
                if code:
                    raise for_code(code)(f"{topic}/{number}")
                ends[TopicPartition(topic, number)] = offset
    return ends
