"""The client of a consumer as far as an observer asks it, on one partition; a test says how far it has read."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, Final

from aiokafka import TopicPartition

PARTITION: Final = TopicPartition("county.140502.v1", 0)


class Fetched:
    """It has read up to `read` of `end` records; `stable` of them may be read, and `held` says whether it reads at all."""

    def __init__(self) -> None:
        self.mine = {PARTITION}
        self.held = False
        self.read = self.end = self.stable = 10
        cluster = SimpleNamespace(leader_for_partition=lambda _: 1)
        self._client = SimpleNamespace(cluster=cluster, send=self._answer)

    async def _answer(self, *_: object, group: int) -> Any:
        """Tell how far the partitions are written, as the broker does."""
        assert group > 1, "on a connection that no fetch and no group waits on"
        topics = [(each.topic, [(each.partition, 0, -1, self.end)]) for each in self.mine]
        return SimpleNamespace(topics=topics)

    def assignment(self) -> set[TopicPartition]:
        return self.mine

    def paused(self) -> set[TopicPartition]:
        return {PARTITION} if self.held else set()

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.stable)

    async def position(self, _: TopicPartition) -> int:
        return self.read

    def last_poll_timestamp(self, _: TopicPartition) -> float:
        return (time.time() + 3600) * 1000

    def highwater(self, _: TopicPartition) -> int:
        return self.end

    def last_stable_offset(self, _: TopicPartition) -> int:
        return self.stable
