"""Offsets are committed beside the loop: of each partition the newest, while it is still this member's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.chassis.consuming.deliveries import RawRecord, raw
from services.chassis.consuming.observer import Observer
from services.chassis.consuming.offsets import Offsets
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.in_process import InProcess
from services.chassis.testing.kafka import eventually, publish
from services.chassis.testing.workers import rectified

pytestmark = pytest.mark.promise("P1")
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)


class Member:
    """A real member of a group whose offsets a test notes and commits by itself."""

    def __init__(self, in_process: InProcess) -> None:
        self.topic = f"{in_process.prefix}in"
        self.client = AIOKafkaConsumer(
            bootstrap_servers=in_process.bootstrap,
            group_id=f"{in_process.prefix}worker",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        self.observer = Observer(
            name="worker",
            consumer=self.client,
            bootstrap=in_process.bootstrap,
            clock=ManualClock(NOON),
            stall_timeout=90,
            since=NOON,
        )
        self.offsets = Offsets("worker", self.client, self.observer)

    async def fetch(self, number: int) -> list[RawRecord]:
        """Return the next `number` records."""
        found: list[RawRecord] = []
        while len(found) < number:
            fetched = await self.client.getmany(timeout_ms=1000, max_records=number - len(found))
            found += [raw(record) for batch in fetched.values() for record in batch]
        return found

    async def committed(self) -> dict[int, int | None]:
        """Return by partition what the broker knows as committed."""
        return {nth: await self.client.committed(TopicPartition(self.topic, nth)) for nth in range(3)}


@asynccontextmanager
async def member_of(in_process: InProcess) -> AsyncIterator[Member]:
    """Join the group as its only member."""
    member = Member(in_process)
    await member.client.start()
    try:
        member.client.subscribe([member.topic], listener=member.offsets)
        yield member
    finally:
        await member.client.stop()


def beyond(records: list[RawRecord]) -> dict[int, int | None]:
    """Return by partition the offset behind its last record."""
    ends: dict[int, int | None] = dict.fromkeys(range(3))
    return ends | {record.partition: record.next_offset for record in records}


async def test_the_newest_of_each_partition_is_committed_for_many_batches_at_once(in_process: InProcess) -> None:
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified(f"K{nth}") for nth in range(20)])
    async with member_of(in_process) as member:
        records = await member.fetch(20)
        for record in records:
            member.offsets.note([record], member.observer.membership)
        await member.offsets.commit()
        assert await member.committed() == beyond(records)


async def test_a_member_commits_what_it_applied_before_its_partitions_go_to_another(in_process: InProcess) -> None:
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified(f"K{nth}") for nth in range(20)])
    async with member_of(in_process) as member:
        records = await member.fetch(20)
        member.offsets.note(records, member.observer.membership)
        async with member_of(in_process) as other:

            async def shared() -> None:
                assert other.client.assignment()
                assert member.client.assignment()

            await eventually(shared)
            assert await other.committed() == beyond(records)


async def test_what_was_applied_before_a_rebalance_is_not_committed_behind_it(in_process: InProcess) -> None:
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified(f"K{nth}") for nth in range(20)])
    async with member_of(in_process) as member:
        records, membership = await member.fetch(20), member.observer.membership
        async with member_of(in_process) as other:

            async def shared() -> None:
                assert other.client.assignment()

            await eventually(shared)
            member.offsets.note(records, membership)
            await member.offsets.commit()
            assert await other.committed() == beyond([])


async def test_what_could_not_be_committed_goes_with_the_next_commit(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified(f"K{nth}") for nth in range(20)])
    async with member_of(in_process) as member:
        records = await member.fetch(20)
        with monkeypatch.context() as broken:

            async def away(_: object) -> None:
                raise KafkaError("the coordinator is away")

            broken.setattr(member.client, "commit", away)
            member.offsets.note(records[:10], member.observer.membership)
            await member.offsets.commit()
        assert await member.committed() == beyond([])
        member.offsets.note(records[10:], member.observer.membership)
        await member.offsets.commit()
        assert await member.committed() == beyond(records)
