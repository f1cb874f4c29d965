"""Promise P1 at the level of the chassis: SIGKILL at every step between fetch and commit, and row and ack."""

from __future__ import annotations

import signal

import pytest

from services.chassis.testing.kafka import eventually, publish
from services.chassis.tests.conftest import Bench
from services.chassis.tests.exactly_once import all_effects, assert_exactly_once_in_order, batch

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
async def test_a_kill_at_any_step_neither_loses_nor_doubles_an_event(bench: Bench, step: str) -> None:
    events = batch(keys=5, each=12)
    await publish(bench.bootstrap, f"{bench.prefix}in", events)
    process = bench.start(DUBAN_FAILPOINT=f"{step}#{NTH[step.partition('.')[0]]}")
    assert process.wait(60) == -signal.SIGKILL
    with bench.worker():
        await assert_exactly_once_in_order(bench, events)


async def test_a_second_instance_takes_over_from_one_that_froze_and_came_back(bench: Bench) -> None:
    first, second = batch(keys=5, each=10), batch(keys=5, each=10)
    frozen = bench.start()
    await publish(bench.bootstrap, f"{bench.prefix}in", first)
    await eventually(lambda: all_effects(bench, 1), timeout=60)
    frozen.send_signal(signal.SIGSTOP)
    await publish(bench.bootstrap, f"{bench.prefix}in", second)
    bench.start()
    await eventually(lambda: all_effects(bench, len(first) + 1), timeout=60)
    frozen.send_signal(signal.SIGCONT)
    await assert_exactly_once_in_order(bench, first + second)


async def test_members_that_come_and_go_keep_every_keys_order(bench: Bench) -> None:
    events = batch(keys=7, each=60)
    half = len(events) // 2
    with bench.worker():
        await publish(bench.bootstrap, f"{bench.prefix}in", events[:half])
        with bench.worker(), bench.worker():
            await publish(bench.bootstrap, f"{bench.prefix}in", events[half:])
            await eventually(lambda: all_effects(bench, half), timeout=60)
        await assert_exactly_once_in_order(bench, events)
