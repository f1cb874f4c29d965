"""Looking for the one partition that can't be read: nobody is waited for meanwhile, and the search ends with it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaConnectionError

from services.chassis.consuming import fetching
from services.chassis.consuming.fetching import Fetching
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.consuming.raw_fetch import Fetched
from services.chassis.consuming.record_batches import Batch

BAD, GOOD = TopicPartition("county.140502.v1", 0), TopicPartition("county.140521.v1", 0)
CONTROL = 0b10_0000
POLL_SECONDS = 0.2


class Client:
    """aiokafka's side: a wait for all partitions fails until the bad one was stepped over."""

    def __init__(self) -> None:
        self.mine = {BAD, GOOD}
        self.held: set[TopicPartition] = set()
        self._coordinator = SimpleNamespace()
        self._fetcher = SimpleNamespace(_records=dict.fromkeys(self.mine), _fetch_task=None)
        self.waits: list[tuple[Sequence[TopicPartition], int]] = []
        self.sought: list[tuple[TopicPartition, int]] = []

    def assignment(self) -> set[TopicPartition]:
        return self.mine

    def paused(self) -> set[TopicPartition]:
        return self.held

    async def position(self, _: TopicPartition) -> int:
        return 7

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.sought.append((partition, offset))

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int) -> dict[Any, Any]:
        self.waits.append((partitions, timeout_ms))
        if not self.sought and (not partitions or BAD in partitions):
            raise ValueError("what a foreign batch makes a client say")
        return {}


class Half(Client):
    """One whose good partition has a record, and whose bad one fails behind it with `trouble`."""

    def __init__(self, trouble: Exception | None = None) -> None:
        super().__init__()
        self._trouble = trouble or ValueError("what a foreign batch makes a client say")
        self._there = [ConsumerRecord(GOOD.topic, 0, 7, 0, 1, None, b"", None, 0, 0, ())]

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int) -> dict[Any, Any]:
        if self._there and BAD not in partitions:
            there, self._there = self._there, []
            return {GOOD: there}
        if BAD in partitions and not self.sought:
            raise self._trouble
        return {}


async def test_while_one_partition_is_looked_for_no_other_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch_batch(*_: object) -> Fetched:
        batch = Batch(7, 9, CONTROL, 0, 0, -1, 0, b"")
        return Fetched(batch, aborted=False)

    monkeypatch.setattr(fetching, "fetch_batch", fetch_batch)
    client = Client()
    search: Any = Fetching("test", client, ConsumerOptions(poll_seconds=POLL_SECONDS))
    assert [await search.records() for _ in range(4)] == [[], [], [], []]
    assert client.sought == [(BAD, 10)]
    assert client.waits == [((), 200), *((partition, 0) for partition in _in_turn(client)), ((), 200)]


@pytest.mark.promise("P3")
async def test_what_was_found_is_handed_over_before_the_broker_is_asked_for_what_the_client_cant_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The positions have moved behind it: until it is in somebody's hand, it counts as applied."""
    asked: list[TopicPartition] = []

    async def fetch_batch(_: object, partition: TopicPartition, __: int) -> Fetched:
        asked.append(partition)
        return Fetched(Batch(7, 9, CONTROL, 0, 0, -1, 0, b""), aborted=False)

    monkeypatch.setattr(fetching, "fetch_batch", fetch_batch)
    client = Half()
    reading: Any = Fetching("test", client, ConsumerOptions(poll_seconds=POLL_SECONDS))
    assert [record.topic_partition for record in await reading.records()] == [GOOD]
    assert not asked
    await reading.records()
    assert (asked, client.sought) == ([BAD], [(BAD, 10)])


@pytest.mark.parametrize("held", [True, False], ids=["held", "another's"])
async def test_what_is_not_ours_to_read_any_more_is_not_read_by_ourselves(
    monkeypatch: pytest.MonkeyPatch, *, held: bool
) -> None:
    async def fetch_batch(*_: object) -> Fetched:
        raise AssertionError("the broker is asked")

    monkeypatch.setattr(fetching, "fetch_batch", fetch_batch)
    client = Half()
    reading: Any = Fetching("test", client, ConsumerOptions(poll_seconds=POLL_SECONDS))
    assert len(await reading.records()) == 1
    if held:
        client.held = {BAD}
    else:
        client.mine = {GOOD}
    assert await reading.records() == []


@pytest.mark.parametrize("trouble", [ConsumerStoppedError(), KafkaConnectionError()], ids=repr)
async def test_a_client_that_breaks_behind_what_was_found_is_told_of_once_that_is_handed_over(
    trouble: Exception,
) -> None:
    reading: Any = Fetching("test", Half(trouble), ConsumerOptions(poll_seconds=POLL_SECONDS))
    assert len(await reading.records()) == 1
    with pytest.raises(type(trouble)):
        await reading.records()


def _in_turn(client: Client) -> list[tuple[TopicPartition, ...]]:
    """The partitions as they were asked one by one, each once."""
    asked = [tuple(partitions) for partitions, _ in client.waits if partitions]
    assert sorted(asked) == [(BAD,), (GOOD,)]
    return asked


async def test_a_partition_of_which_nothing_was_fetched_is_not_asked_for_anything() -> None:
    client = Client()
    client.sought = [(BAD, 10)]
    client._fetcher._records = {GOOD: None}
    search: Any = Fetching("test", client, ConsumerOptions(poll_seconds=POLL_SECONDS))
    search._searching_until = float("inf")
    await search.records()
    assert client.waits == [((GOOD,), 0)]


async def test_the_broker_is_asked_seldom_while_nothing_comes_and_answers_at_once_then() -> None:
    class Quiet(Client):
        """A client of whose partitions none has anything, until something comes."""

        def __init__(self) -> None:
            super().__init__()
            self._coordinator = SimpleNamespace()
            self._fetcher = SimpleNamespace(
                _fetch_min_bytes=65536, _fetch_max_wait_ms=100, _records={}, _fetch_task=None
            )
            self.there: dict[Any, Any] = {}

        async def getmany(self, *_: TopicPartition, timeout_ms: int, max_records: int) -> dict[Any, Any]:
            there, self.there = self.there, {}
            return there

        @property
        def asks_for(self) -> tuple[int, int]:
            return self._fetcher._fetch_min_bytes, self._fetcher._fetch_max_wait_ms

    client = Quiet()
    busy: Any = Fetching("test", client, ConsumerOptions(idle_after=3600))
    await busy.records()
    assert client.asks_for == (65536, 100)
    idle: Any = Fetching("test", client, ConsumerOptions(idle_after=0))
    await idle.records()
    assert client.asks_for == (1, 250)
    client.mine = {TopicPartition("county.140502.v1", nth) for nth in range(300)}
    await idle.records()
    assert client.asks_for == (1, 1000)
    idle._options = ConsumerOptions(idle_after=3600)
    client.there = {GOOD: [ConsumerRecord(GOOD.topic, 0, 7, 0, 1, None, b"", None, 0, 0, ())]}
    assert len(await idle.records()) == 1
    assert client.asks_for == (65536, 100)
