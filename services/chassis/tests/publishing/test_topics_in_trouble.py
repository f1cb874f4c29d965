"""Promise P3: one topic in trouble holds back itself, and no other topic of its outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.process.clock import SystemClock
from services.chassis.publishing.aside import Aside
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import MOST_BYTES, ReliableProducer
from services.chassis.publishing.relay import Relay
from services.chassis.telemetry import metrics
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, read_records

pytestmark = pytest.mark.promise("P3")


def relay(in_process: InProcess, clock: SystemClock | None = None) -> Relay:
    return Relay(
        database=in_process.database,
        bootstrap=in_process.bootstrap,
        service="test",
        clock=clock or SystemClock(),
    )


def small(topic: str, number: int = 0) -> OutboxMessage:
    return OutboxMessage(topic, f"K{number % 3}".encode(), str(number).encode(), [])


def too_large(topic: str) -> OutboxMessage:
    return OutboxMessage(topic, b"K0", b"x" * (MOST_BYTES + 1), [])


async def waits(in_process: InProcess, topic: str) -> int:
    number: int = await in_process.value("SELECT count(*) FROM outbox WHERE topic = $1", topic)
    return number


async def nothing_waits_for(in_process: InProcess, topic: str) -> None:
    assert await waits(in_process, topic) == 0


async def test_a_topic_that_is_not_there_a_large_row_and_a_thousand_behind_it_hold_back_no_other_topic(
    in_process: InProcess,
) -> None:
    missing, stuck, free = (f"{in_process.prefix}{name}" for name in ("nowhere", "in", "out"))
    await in_process.append([small(missing), too_large(stuck), *(small(stuck, n) for n in range(1001))])
    await in_process.append([small(free, n) for n in range(3)])
    carrying = relay(in_process)
    async with working(carrying.run):
        await eventually(partial(nothing_waits_for, in_process, free))
        # And so it stays: more comes, as a heartbeat does.
        for number in range(3, 6):
            await in_process.append([small(free, number)])
            await eventually(partial(nothing_waits_for, in_process, free))

        first = await in_process.value("SELECT created_at FROM outbox ORDER BY id LIMIT 1")

        def all_are_told_of() -> None:
            assert metrics.OUTBOX_PENDING._value.get() == 1003
            assert metrics.OUTBOX_OLDEST._value.get() == first.timestamp()

        await eventually(all_are_told_of)
        assert carrying._failures <= 1, "what arrives is followed by no rest"
    assert (await waits(in_process, missing), await waits(in_process, stuck)) == (1, 1002)
    assert not await read_records(in_process.bootstrap, stuck)
    assert len(await read_records(in_process.bootstrap, free)) == 6


async def test_a_topic_whose_trouble_is_over_is_carried_in_order_again(in_process: InProcess) -> None:
    topic = f"{in_process.prefix}in"
    await in_process.append([too_large(topic), *(small(topic, n) for n in range(20))])
    async with working(relay(in_process).run):

        def is_aside() -> None:
            assert metrics.OUTBOX_PENDING._value.get() == 21

        await eventually(is_aside)
        await in_process.append([small(topic, 20)])
        async with in_process.database.transaction() as connection:
            await connection.execute("DELETE FROM outbox WHERE length(value) > 1000")
        await eventually(partial(nothing_waits_for, in_process, topic))
    arrived: dict[bytes | None, list[int]] = {}
    for record in await read_records(in_process.bootstrap, topic):
        arrived.setdefault(record.key, []).append(int(record.value or b""))
    assert arrived == {f"K{key}".encode(): list(range(key, 21, 3)) for key in range(3)}


async def test_what_is_wrong_with_one_topic_is_answered_for_that_topic_alone(in_process: InProcess) -> None:
    producer = ReliableProducer(in_process.bootstrap, "test", timeout=60)
    missing, stuck, free = (f"{in_process.prefix}{name}" for name in ("nowhere", "in", "out"))
    nowhere = OutboxMessage(stuck, b"K1", b"x", [], 99)
    results = await producer.publish([small(missing), nowhere, small(stuck), small(free), small(missing)])
    assert [result is None for result in results] == [False, False, False, True, False]
    assert "UnknownTopicOrPartition" in str(results[0])
    await producer.stop()


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")))))
def test_a_topic_that_failed_is_left_out_of_the_next_look_whatever_the_time(
    tries: list[tuple[set[str], set[str]]],
) -> None:
    aside = Aside()
    for failed, went in tries:
        aside.note(failed, went - failed)
        left_out = set(aside.left_out())
        assert failed <= left_out
        assert not left_out & (went - failed)


class SetBack(SystemClock):
    """A clock that somebody sets back by an hour."""

    def __init__(self) -> None:
        self.by = timedelta()

    def wall(self) -> datetime:
        return super().wall() - self.by


async def test_the_outbox_is_counted_though_the_clock_is_set_back(in_process: InProcess) -> None:
    clock = SetBack()
    await in_process.append([small(f"{in_process.prefix}nowhere", n) for n in range(1500)])

    def counted(number: int) -> Callable[[], None]:
        def check() -> None:
            assert metrics.OUTBOX_PENDING._value.get() == number

        return check

    async with working(relay(in_process, clock).run):
        await eventually(counted(1500))
        clock.by = timedelta(hours=1)
        await in_process.append([small(f"{in_process.prefix}nowhere")])
        await eventually(counted(1501), timeout=30)
