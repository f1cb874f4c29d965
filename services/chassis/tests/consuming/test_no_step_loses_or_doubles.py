"""Promise P1 at the level of the chassis: SIGKILL at every step between fetch and commit, and row and ack."""

from __future__ import annotations

import signal

import pytest

from services.chassis.testing.kafka import eventually, publish
from services.chassis.testing.workers import Workers
from services.chassis.tests.consuming.exactly_once import all_effects, assert_exactly_once_in_order, batch

STEPS = [
    "consumer.fetched",
    "consumer.claimed",
    "consumer.applied",
    "consumer.before_database_commit",
    "consumer.database_committed",
    "consumer.offset_committed",
    "relay.selected",
    "relay.acked",
    "relay.deleted",
]
# The relay may carry everything in its first batch; the consumer has six.
NTH = {"consumer": 2, "relay": 1}


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_at_any_step_neither_loses_nor_doubles_an_event(workers: Workers, step: str) -> None:
    events = batch(keys=5, each=12)
    await publish(workers.bootstrap, f"{workers.prefix}in", events)
    process = workers.start(DUBAN_FAILPOINT=f"{step}#{NTH[step.partition('.')[0]]}")
    assert process.wait(120) == -signal.SIGKILL
    with workers.worker():
        await assert_exactly_once_in_order(workers, events)


@pytest.mark.timeout(600)
async def test_a_second_instance_takes_over_from_one_that_froze_and_came_back(workers: Workers) -> None:
    first, second = batch(keys=5, each=10), batch(keys=5, each=10)
    frozen = workers.start()
    await publish(workers.bootstrap, f"{workers.prefix}in", first)
    await eventually(lambda: all_effects(workers, 1))
    frozen.send_signal(signal.SIGSTOP)
    await publish(workers.bootstrap, f"{workers.prefix}in", second)
    workers.start()
    # Frozen in the middle of a transaction it holds its locks until PostgreSQL ends the session, a minute later
    # (`idle_in_transaction_session_timeout`); the group had given its partitions away long before.
    await eventually(lambda: all_effects(workers, len(first) + 1), timeout=150)
    frozen.send_signal(signal.SIGCONT)
    await assert_exactly_once_in_order(workers, first + second)


async def test_members_that_come_and_go_keep_every_keys_order(workers: Workers) -> None:
    events = batch(keys=7, each=60)
    half = len(events) // 2
    with workers.worker():
        await publish(workers.bootstrap, f"{workers.prefix}in", events[:half])
        with workers.worker(), workers.worker():
            await publish(workers.bootstrap, f"{workers.prefix}in", events[half:])
            await eventually(lambda: all_effects(workers, half))
        await assert_exactly_once_in_order(workers, events)
