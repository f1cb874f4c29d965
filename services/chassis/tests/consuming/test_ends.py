"""How far partitions are written is answered at once, whatever waits on the connection of the fetches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    KafkaError,
    LeaderNotAvailableError,
    NotLeaderForPartitionError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from duban_contracts.cloudevents import to_kafka
from services.chassis.consuming.ends import written
from services.chassis.testing.in_process import InProcess
from services.chassis.testing.kafka import publish, read_records
from services.chassis.testing.workers import rectified

PARTITION = TopicPartition("county.140502.v1", 0)
# Seconds; longer than any of these takes.
PATIENCE = 60.0


async def test_it_is_answered_while_the_broker_holds_a_fetch_and_open_transactions_count(in_process: InProcess) -> None:
    topic = f"{in_process.prefix}in"
    await publish(in_process.bootstrap, topic, [rectified("K1"), rectified("K1")])
    partition = (await read_records(in_process.bootstrap, topic))[0].topic_partition
    producer = AIOKafkaProducer(bootstrap_servers=in_process.bootstrap, transactional_id=f"{in_process.prefix}open")
    reader = AIOKafkaConsumer(
        bootstrap_servers=in_process.bootstrap,
        isolation_level="read_committed",
        fetch_min_bytes=2**20,
        fetch_max_wait_ms=600_000,
        request_timeout_ms=700_000,
    )
    await producer.start()
    await reader.start()
    try:
        reader.assign([partition])
        await reader.seek_to_end(partition)
        fetch = asyncio.create_task(reader.getone())
        assert await written(reader, [partition], patience=PATIENCE) == {partition: 2}
        await producer.begin_transaction()
        key, value, headers = to_kafka(rectified("K1"))
        await producer.send_and_wait(topic, value, key=key, partition=partition.partition, headers=headers)
        assert await written(reader, [partition], patience=PATIENCE) == {partition: 3}
        assert not fetch.done()
        await producer.abort_transaction()
        fetch.cancel()
    finally:
        await producer.stop()
        await reader.stop()


class Client:
    """A broker's side as far as it is asked: it answers with each code in turn, then with an end."""

    def __init__(self, *codes: type[KafkaError], leaders: tuple[int | None, ...] = ()) -> None:
        self._codes, self._leaders = list(codes), list(leaders)
        self.cluster = SimpleNamespace(leader_for_partition=self._leader)
        self.looked_again = 0

    def _leader(self, _: TopicPartition) -> int | None:
        return self._leaders.pop(0) if self._leaders else 1

    def force_metadata_update(self) -> None:
        self.looked_again += 1

    async def send(self, *_: object, group: int) -> Any:
        assert group > 1
        error: Any = self._codes.pop(0) if self._codes else None
        return SimpleNamespace(topics=[(PARTITION.topic, [(0, error.errno if error else 0, -1, 7)])])


@pytest.mark.pure
@pytest.mark.parametrize(
    "make",
    [
        lambda: Client(NotLeaderForPartitionError),
        lambda: Client(UnknownTopicOrPartitionError),
        lambda: Client(leaders=(None,)),
        lambda: Client(leaders=(-1,)),
    ],
    ids=["moved", "unknown", "no-leader-known", "no-leader"],
)
async def test_a_partition_without_its_leader_is_looked_for_and_asked_again(make: Callable[[], Client]) -> None:
    client = make()
    consumer: Any = SimpleNamespace(_client=client)
    assert await written(consumer, [PARTITION], patience=PATIENCE) == {PARTITION: 7}
    assert client.looked_again == 1


@pytest.mark.pure
@pytest.mark.parametrize("silent", [False, True], ids=["no-leader", "its-leader-is-silent"])
async def test_a_partition_that_nobody_answers_for_keeps_no_other_waiting(*, silent: bool) -> None:
    class TwoBrokers(Client):
        """The first leads the partition, the second leads the other one and never answers, or there is none."""

        def _leader(self, partition: TopicPartition) -> int | None:
            return 1 if partition == PARTITION else 2 if silent else None

        async def send(self, *request: object, group: int) -> Any:
            return await (super().send(group=group) if request[0] == 1 else asyncio.Event().wait())

    consumer: Any = SimpleNamespace(_client=TwoBrokers())
    other = TopicPartition("county.140521.v1", 0)
    assert await written(consumer, [other, PARTITION], patience=0.2) == {PARTITION: 7}
    with pytest.raises(LeaderNotAvailableError):
        await written(consumer, [other], patience=0.2)


@pytest.mark.pure
async def test_what_does_not_pass_is_raised_and_without_partitions_nobody_is_asked() -> None:
    consumer: Any = SimpleNamespace(_client=Client(TopicAuthorizationFailedError))
    with pytest.raises(TopicAuthorizationFailedError):
        await written(consumer, [PARTITION], patience=PATIENCE)
    assert await written(consumer, [], patience=PATIENCE) == {}
