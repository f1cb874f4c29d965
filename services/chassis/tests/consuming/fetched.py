"""The client of a consumer as far as an observer asks it, on one partition; a test says how far it has read."""

from __future__ import annotations

import time
from typing import Final

from aiokafka import TopicPartition

PARTITION: Final = TopicPartition("county.140502.v1", 0)


class Fetched:
    """It has read up to `read` of `end` records; `stable` of them may be read, and `held` says whether it reads at all."""

    def __init__(self) -> None:
        self.mine = {PARTITION}
        self.held = False
        self.read = self.end = self.stable = 10

    def assignment(self) -> set[TopicPartition]:
        return self.mine

    def paused(self) -> set[TopicPartition]:
        return {PARTITION} if self.held else set()

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.end)

    async def position(self, _: TopicPartition) -> int:
        return self.read

    def last_poll_timestamp(self, _: TopicPartition) -> float:
        return (time.time() + 3600) * 1000

    def highwater(self, _: TopicPartition) -> int:
        return self.end

    def last_stable_offset(self, _: TopicPartition) -> int:
        return self.stable
