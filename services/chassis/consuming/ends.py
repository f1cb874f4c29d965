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


async def written(
    consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition], *, patience: float
) -> dict[TopicPartition, int]:
    """Return by partition the offset behind its last record, those of open transactions included (the high watermark).

    A partition that has no leader, or whose leader does not answer, is asked for again until `patience` seconds are over, and left
    out then: what is known of the others does not wait for it. Raises KafkaError for what does not pass, and where nobody answers.
    """
    client, loop = consumer._client, asyncio.get_running_loop()  # noqa: SLF001 - the library's own question goes over the connection of its fetches
    until, ends = loop.time() + patience, dict[TopicPartition, int]()
    while missing := [each for each in partitions if each not in ends]:
        ends |= await _ask(client, missing, seconds=until - loop.time())
        if len(ends) < len(partitions):
            client.force_metadata_update()
            if loop.time() + _AGAIN_SECONDS >= until:
                break
            await asyncio.sleep(_AGAIN_SECONDS)
    if partitions and not ends:
        raise LeaderNotAvailableError(f"nobody says how far {len(partitions)} partitions are written")
    return ends


async def _ask(client: Any, partitions: Collection[TopicPartition], *, seconds: float) -> dict[TopicPartition, int]:
    asked: defaultdict[int, defaultdict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for partition in partitions:
        leader = client.cluster.leader_for_partition(partition)
        if leader is not None and leader >= 0:
            asked[leader][partition.topic].append((partition.partition, _LATEST))
    requests = {leader: OffsetRequest(_LATEST, _READ_UNCOMMITTED, list(of.items())) for leader, of in asked.items()}
    answers = await asyncio.gather(*(_answer(client, *request, seconds=seconds) for request in requests.items()))
    return {partition: offset for each in answers for partition, offset in each.items()}


async def _answer(client: Any, leader: int, request: Any, *, seconds: float) -> dict[TopicPartition, int]:
    try:
        async with asyncio.timeout(seconds):
            response = await client.send(leader, request, group=_CONNECTION)
    except TimeoutError:
        return {}
    except KafkaError as error:
        if not error.retriable:
            raise
        return {}
    ends = {}
    for topic, answers in response.topics:
        for number, code, _, offset, *_ in answers:
            if not code:
                ends[TopicPartition(topic, number)] = offset
            elif not for_code(code).retriable:
                raise for_code(code)(f"{topic}/{number}")
    return ends
