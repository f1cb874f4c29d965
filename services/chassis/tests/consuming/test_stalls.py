"""When a consumer is taken for stalled: its loop hangs, or there is work that it could do and nothing moves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.chassis.consuming.observer import Observer
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.consuming.fetched import PARTITION, Fetched

pytestmark = pytest.mark.promise("P6")
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
STALL_SECONDS = 90


class Consumer:
    """An observed consumer of ten records that has its partition; time passes when the test says so."""

    def __init__(self, *, read: int) -> None:
        self.client, self.seconds = Fetched(), 0.0
        self.client.read = read
        client: Any = self.client
        self.observer = Observer(
            name="worker",
            consumer=client,
            bootstrap="",
            clock=ManualClock(NOON),
            stall_timeout=STALL_SECONDS,
            since=NOON,
            steady=lambda: self.seconds,
        )

    async def goes_on(self, seconds: float = STALL_SECONDS + 1, *, turns: bool = True) -> bool:
        """Let so much time pass, in which its loop `turns` or hangs; return whether it is stalled then."""
        self.seconds += seconds
        if turns:
            self.observer.turned()
        await self.observer.observe()
        return self.observer.is_stalled()


async def test_work_that_does_not_move_is_a_stall() -> None:
    consumer = Consumer(read=4)
    assert not await consumer.goes_on(STALL_SECONDS)
    assert await consumer.goes_on()
    consumer.client.read = 5
    assert not await consumer.goes_on()


async def test_what_an_open_transaction_holds_back_is_no_work_that_waits() -> None:
    consumer = Consumer(read=10)
    consumer.client.end = 12
    assert not await consumer.goes_on()
    assert not await consumer.goes_on()
    consumer.client.stable = 12
    assert not await consumer.goes_on(STALL_SECONDS)
    assert await consumer.goes_on()


async def test_a_loop_that_hangs_is_a_stall_though_nothing_waits() -> None:
    consumer = Consumer(read=10)
    assert not await consumer.goes_on()
    assert not await consumer.goes_on(STALL_SECONDS, turns=False)
    assert await consumer.goes_on(1, turns=False)


async def test_what_is_done_with_is_no_stall_however_long_nothing_comes() -> None:
    consumer = Consumer(read=10)
    for _ in range(3):
        assert not await consumer.goes_on(3600)


async def test_a_held_partition_is_no_stall() -> None:
    consumer = Consumer(read=4)
    consumer.client.held = True
    assert not await consumer.goes_on()
    assert not await consumer.goes_on()
    consumer.client.held = False
    assert await consumer.goes_on()


async def test_waiting_for_what_is_known_to_be_away_is_no_stall() -> None:
    consumer = Consumer(read=4)
    await consumer.observer.observe()
    for _ in range(3):
        consumer.seconds += STALL_SECONDS
        assert not consumer.observer.is_stalled()
        consumer.observer.waits()
    assert not await consumer.goes_on(STALL_SECONDS, turns=False)
    assert await consumer.goes_on(1, turns=False)


async def test_partitions_that_were_given_anew_have_the_whole_time_again() -> None:
    consumer = Consumer(read=4)
    await consumer.goes_on(STALL_SECONDS)
    await consumer.observer.on_partitions_assigned([PARTITION])
    assert not await consumer.goes_on(STALL_SECONDS)
    assert await consumer.goes_on(1)


async def test_a_time_in_which_the_whole_process_did_not_run_is_no_stall() -> None:
    consumer = Consumer(read=4)
    await consumer.observer.observe()
    consumer.seconds += 3600
    consumer.observer.overslept(3599, worked=0.01)
    assert not consumer.observer.is_stalled()
    assert not await consumer.goes_on(STALL_SECONDS - 2, turns=False)
    assert await consumer.goes_on(2, turns=False)


async def test_a_time_in_which_the_process_was_too_busy_to_look_is_a_stall() -> None:
    consumer = Consumer(read=4)
    await consumer.observer.observe()
    consumer.seconds += STALL_SECONDS
    consumer.observer.overslept(STALL_SECONDS - 1, worked=STALL_SECONDS - 2)
    assert await consumer.goes_on(2, turns=False)
