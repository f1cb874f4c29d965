"""How often a channel is used: the rule, and the rule on PostgreSQL with several couriers."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.kafka import eventually
from services.notifications.channels.handlers.opening import Line
from services.notifications.delivery.model.pace import Due, full, one_of_each, within_limits
from services.notifications.delivery.tables import queue
from services.notifications.tests.world import NOW, due_soon, overdue
from services.notifications.tests.writing import Steered, carrier, carry, deliveries, write

places = st.tuples(st.sampled_from(["robot", "email"]), st.sampled_from(["a", "b", None]))


def due(*at: tuple[str, str | None]) -> list[Due]:
    return [Due(UUID(int=index), channel, address) for index, (channel, address) in enumerate(at)]


def chosen(waiting: list[Due], begun: dict[tuple[str, str], int], limit: int) -> list[Due]:
    ids = within_limits(waiting, begun, {"robot": limit})
    return [each for each in waiting if each.delivery_id in ids]


def test_an_address_gets_what_is_left_of_its_minute_and_the_oldest_first() -> None:
    waiting = due(("robot", "a"), ("robot", "a"), ("robot", "b"), ("robot", "a"))
    assert chosen(waiting, {("robot", "a"): 18}, 20) == waiting[:3]
    assert chosen(waiting, {("robot", "a"): 19}, 20) == [waiting[0], waiting[2]]
    assert chosen(waiting, {("robot", "a"): 20}, 20) == [waiting[2]]


def test_what_has_no_limit_or_goes_nowhere_is_never_held_back() -> None:
    waiting = due(*[("email", "a")] * 5, *[("robot", None)] * 5)
    assert chosen(waiting, {("email", "a"): 99}, 1) == waiting


def test_the_oldest_asks_alone_for_its_channel_and_what_goes_nowhere_or_elsewhere_goes_on() -> None:
    waiting = due(("email", None), ("email", "a"), ("robot", "a"), ("email", "b"), ("email", None), ("robot", "a"))
    assert one_of_each(waiting, ["email"]) == [*waiting[:3], *waiting[4:]]
    assert one_of_each(waiting, []) == waiting


def test_a_place_is_full_when_it_has_had_as_many_as_it_takes() -> None:
    begun = {("robot", "a"): 20, ("robot", "b"): 19, ("robot", "c"): 21, ("email", "a"): 99}
    assert full(begun, {"robot": 20}) == {("robot", "a"), ("robot", "c")}


@given(
    st.lists(places, max_size=30), st.dictionaries(st.sampled_from([("robot", "a"), ("robot", "b")]), st.integers(0, 4))
)
def test_nobody_gets_more_than_the_limit_and_nobody_waits_without_need(
    at: list[tuple[str, str | None]], begun: dict[tuple[str, str], int]
) -> None:
    waiting = due(*at)
    taken = chosen(waiting, begun, 3)
    counts = Counter(begun) + Counter((each.channel, each.address) for each in taken)
    for each in waiting:
        if each.channel == "robot" and each.address is not None:
            assert counts["robot", each.address] <= max(3, begun.get(("robot", each.address), 0))
            assert each in taken or counts["robot", each.address] >= 3
        else:
            assert each in taken


def robot_lines(robot: Steered, per_minute: int, per_second: int | None = None) -> dict[str, Line]:
    """E-mail that behaves as a robot does: it knows no repeats and takes so many a second and a minute."""
    channel = robot.as_channel("email", drops_repeats=False, per_second=per_second, per_minute=per_minute)
    return {"email": Line(channel, robot)}


@pytest.mark.promise("P9")
async def test_a_robot_gets_no_more_than_its_limit_in_any_minute_from_however_many_couriers(bare: Database) -> None:
    clock, robot = ManualClock(NOW), Steered()
    await write(bare, clock, *(due_soon(f"h-{number}") for number in range(50)))
    couriers = [carrier(bare, clock, robot_lines(robot, 20)) for _ in range(3)]
    sent = []
    for seconds in (0, 59, 1, 30, 30):
        clock.advance(timedelta(seconds=seconds))
        await asyncio.gather(*(carry(courier) for courier in couriers))
        sent.append(len(robot.parcels))
    assert sent == [20, 20, 40, 40, 50]
    assert await deliveries(bare) == [("delivered", 1, "250 2.0.0")] * 50


@pytest.mark.promise("P9")
async def test_a_robot_that_counts_seconds_too_gets_no_more_than_either_limit(bare: Database) -> None:
    clock, robot = ManualClock(NOW), Steered()
    await write(bare, clock, *(due_soon(f"h-{number}") for number in range(15)))
    couriers = [carrier(bare, clock, robot_lines(robot, 12, per_second=5)) for _ in range(3)]
    sent = []
    for seconds in (0, 0.9, 0.1, 1, 1, 57, 1):
        clock.advance(timedelta(seconds=seconds))
        await asyncio.gather(*(carry(courier) for courier in couriers))
        sent.append(len(robot.parcels))
    assert sent == [5, 5, 10, 12, 12, 15, 15]


async def test_who_carries_what_no_limit_concerns_waits_for_nobody_who_counts(bare: Database) -> None:
    clock, email, robot = ManualClock(NOW), Steered(), Steered()
    limited = {
        "email": Line(email.as_channel("email", drops_repeats=False), email),
        "webhook": Line(robot.as_channel("webhook", drops_repeats=False, per_minute=1), robot),
    }
    courier = carrier(bare, clock, limited)
    await write(bare, clock, due_soon("h-1"))
    async with bare.transaction() as counting:
        await queue.count_begun(counting, since=NOW, channels=["webhook"])
        await asyncio.wait_for(carry(courier), 60)
        assert len(email.parcels) == 1
        await write(bare, clock, overdue("h-2", unit="emergency_management"))
        waiting = asyncio.create_task(carry(courier))

        async def waits() -> None:
            assert await counting.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

        await eventually(waits)
        assert robot.parcels == []
    await waiting
    assert len(robot.parcels) == 1


async def test_the_limit_is_each_addresss_own_and_holds_nobody_else_back(bare: Database) -> None:
    clock, robot = ManualClock(NOW), Steered()
    await write(bare, clock, *(due_soon(f"h-{number}") for number in range(10)))
    await write(bare, clock, *(due_soon(f"t-{number}", unit="transport") for number in range(10)))
    await carry(carrier(bare, clock, robot_lines(robot, 3)))
    addressed = Counter(parcel.endpoint for parcel in robot.parcels)
    assert addressed == {"140502/fire_rescue": 3, "140502/transport": 3}
    assert {state for state, *_ in await deliveries(bare)} == {"delivered", "pending"}


async def test_a_letter_that_is_refused_counts_too(bare: Database) -> None:
    clock, robot = ManualClock(NOW), Steered()
    await write(bare, clock, overdue("h-1", unit="transport"), overdue("h-2", unit="transport"))
    courier = carrier(bare, clock, robot_lines(robot, 1))
    await carry(courier)
    clock.advance(timedelta(seconds=59))
    await carry(courier)
    assert len(robot.parcels) == 1
    clock.advance(timedelta(seconds=1))
    await carry(courier)
    assert len(robot.parcels) == 2
