"""What waited for a channel that was away goes out as soon as the channel is seen to work: the rule, and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.channels.email import CHANNEL, EmailCarrier, EmailSettings
from services.notifications.channels.handlers.opening import Line
from services.notifications.channels.model.answers import Answer, Away, Verdict
from services.notifications.delivery.handlers import courier as courier_module
from services.notifications.delivery.handlers.begin import begin_due
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.handlers.resolve import retry_delivery
from services.notifications.delivery.handlers.returning import bring_forward, look_for_return, shown_by
from services.notifications.delivery.model.delivery import Awaited, Delivery, DeliveryState, begin, settle
from services.notifications.delivery.model.retry import RetrySchedule
from services.notifications.delivery.model.returning import Back, brought_forward
from services.notifications.tests.parcels import means
from services.notifications.tests.scripted import mail_server
from services.notifications.tests.world import NOW, due_soon, overdue
from services.notifications.tests.writing import BUSY, Steered, carrier, carry, deliveries, lines, write

pytestmark = [pytest.mark.feature("SY44"), pytest.mark.promise("P9")]

SCHEDULE = RetrySchedule((2.0, 10.0, 60.0, 7200.0), 0.2)
GONE = Answer(Verdict.TRANSIENT, "connect-failed", away=Away.UNREACHED)
FULL = Answer(Verdict.TRANSIENT, "503", away=Away.UNSERVED)
HOURS = NOW + timedelta(hours=2)
# It begins an attempt and stores the answer without a word about `away`.
TRIED_BY_THE_RELEASE_BEFORE = """
    WITH tried AS (UPDATE delivery SET attempts = attempts + 1, tries = tries + 1 RETURNING delivery_id, attempts)
    INSERT INTO delivery_attempt (delivery_id, attempt, begun_at) SELECT delivery_id, attempts, $1 FROM tried"""


def waiting(tries: int = 4, early: int = 0) -> Delivery:
    """A delivery that found its channel away just now and is tried again in two hours."""
    awaited = Awaited(Away.UNREACHED, "smtp", NOW)
    return Delivery("email", attempts=tries, tries=tries, next_attempt_at=HOURS, early=early, awaited=awaited)


def test_the_first_return_makes_a_delivery_due_at_once_and_takes_no_try_of_its_schedule() -> None:
    sooner = brought_forward(waiting(), now=NOW, schedule=SCHEDULE)
    assert sooner == replace(waiting(), next_attempt_at=NOW, tries=3, early=1, awaited=None)
    again = settle(begin(sooner), GONE, drops_repeats=False, now=NOW, schedule=SCHEDULE, draw=0.5).delivery
    assert (again.attempts, again.tries, again.next_attempt_at) == (5, 4, HOURS)


def test_what_was_refused_for_itself_or_is_due_before_waits_for_its_time() -> None:
    assert brought_forward(replace(waiting(), awaited=None), now=NOW, schedule=SCHEDULE) is None
    assert brought_forward(waiting(), now=HOURS, schedule=SCHEDULE) is None


@given(st.lists(st.floats(0, 300), max_size=80), st.integers(1, 4))
def test_a_server_that_hangs_up_at_one_letter_is_asked_again_no_faster_than_by_the_schedule(
    pauses: list[float], tries: int
) -> None:
    now, delivery, tried = NOW, waiting(tries), [NOW]
    for pause in pauses:
        now += timedelta(seconds=pause)
        delivery = brought_forward(delivery, now=now, schedule=SCHEDULE) or delivery
        assert delivery.next_attempt_at is not None
        if delivery.early < len(tried) or delivery.next_attempt_at > now:
            continue
        tried.append(now)
        step = settle(
            begin(delivery),
            GONE,
            drops_repeats=False,
            now=now,
            schedule=SCHEDULE,
            draw=0.5,
            awaited=Awaited(Away.UNREACHED, "smtp", now),
        )
        delivery = step.delivery
        assert (delivery.state, delivery.tries) == (DeliveryState.PENDING, tries), "its schedule is as it was"
    early = [(after - before).total_seconds() for before, after in pairwise(tried)]
    assert len(early) <= len(SCHEDULE.waits) + 1
    assert all(took >= wait for took, wait in zip(early[1:], SCHEDULE.waits, strict=False))


async def test_what_waits_goes_out_oldest_first_when_one_letter_arrives_and_none_twice(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(GONE, GONE, GONE, BUSY)
    courier = carrier(bare, clock, lines(email), concurrency=1)
    await write(bare, clock, *(due_soon(f"h-{number}") for number in range(3)))
    await carry(courier)
    await write(bare, clock, due_soon("h-busy"))
    await carry(courier)
    assert await deliveries(bare, "state, away") == [("pending", "unreached")] * 3 + [("pending", None)]
    clock.advance(timedelta(seconds=1))
    await write(bare, clock, due_soon("h-new"))
    await carry(courier)
    assert [state for state, *_ in await deliveries(bare)] == ["delivered"] * 3 + ["pending", "delivered"]
    by_age = [found for [found] in await deliveries(bare, "delivery_id")]
    assert [parcel.delivery_id for parcel in email.parcels[4:]] == [by_age[4], *by_age[:3]], (
        "a second before their time"
    )


async def test_what_waits_for_a_robot_goes_out_no_faster_than_the_robot_allows(bare: Database) -> None:
    clock, robot = ManualClock(NOW), Steered(*[GONE] * 5)
    await write(bare, clock, *(due_soon(f"h-{number}") for number in range(5)))
    open_lines = {"email": Line(robot.as_channel("email", drops_repeats=False, per_minute=5), robot)}
    courier = carrier(bare, clock, open_lines)
    await carry(courier)
    clock.advance(timedelta(seconds=1))
    assert await bring_forward(shown_by("email", "xiaofang@140502.example", courier.deps), courier.deps) == 5
    await carry(courier)
    assert len(robot.parcels) == 5
    clock.advance(timedelta(minutes=1))
    await carry(courier)
    assert await deliveries(bare, "state, attempts") == [("delivered", 2)] * 5


async def test_what_is_in_doubt_or_waits_elsewhere_is_left_alone(bare: Database) -> None:
    clock, email, webhook = ManualClock(NOW), Steered(GONE, GONE), Steered(FULL)
    await write(bare, clock, overdue("h-1", unit="emergency_management"), due_soon("h-2", unit="transport"))
    courier = carrier(bare, clock, lines(email, webhook))
    await carry(courier)
    await write(bare, clock, due_soon("h-3"))
    [(attempt, _)] = await begin_due(1, courier.deps)
    clock.advance(timedelta(seconds=1))
    assert await bring_forward(shown_by("email", "nobody@140502.example", courier.deps), courier.deps) == 0
    assert await bring_forward(shown_by("email", attempt.address or "", courier.deps), courier.deps) == 0
    assert await deliveries(bare, "state, early") == [("pending", 0)] * 3 + [("sending", 0)]


async def test_a_mail_server_that_lets_us_in_again_gets_what_waits(bare: Database) -> None:
    clock = ManualClock(NOW)
    async with mail_server(greeting=b"421 4.3.2 not now") as server:
        email = EmailCarrier(means(), EmailSettings(port=server.port, timeout=25))
        courier = carrier(bare, clock, {"email": Line(CHANNEL, email)})
        await write(bare, clock, due_soon("h-1"), due_soon("h-2", unit="transport"))
        await carry(courier)
        await look_for_return(courier.deps)
        await carry(courier)
        assert await deliveries(bare) == [("pending", 1, "421 4.3.2")] * 2, "it is away and was not asked again"
        server.says[""] = b"220 ready"
        await look_for_return(courier.deps)
        await carry(courier)
        assert await deliveries(bare) == [("delivered", 2, "250 2.0.0")] * 2
        assert server.taken == 2


async def test_what_the_release_before_tried_again_waits_for_its_time(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(GONE)
    await write(bare, clock, due_soon("h-1"))
    courier = carrier(bare, clock, lines(email))
    await carry(courier)
    [[address]] = await deliveries(bare, "address")
    assert isinstance(address, str)
    async with bare.transaction() as connection:
        await connection.execute(TRIED_BY_THE_RELEASE_BEFORE, NOW + timedelta(seconds=1))
    clock.advance(timedelta(seconds=2))
    assert await bring_forward(shown_by("email", address, courier.deps), courier.deps) == 0
    assert await deliveries(bare, "state, away, early") == [("pending", "unreached", 0)]


async def test_what_is_back_while_another_is_brought_forward_is_not_forgotten(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deps = carrier(bare, ManualClock(NOW), lines(Steered())).deps
    asked, stopping = [], asyncio.Event()
    one = Back("email", Away.UNREACHED, "one")
    subject = courier_module.Courier(deps)

    async def fails(back: Collection[Back], deps: Deps) -> int:
        asked.append(set(back))
        subject._back |= {one}
        if len(asked) == 1:
            raise ConnectionError
        stopping.set()
        return 0

    monkeypatch.setattr(courier_module, "bring_forward", fails)
    subject._back |= {one, Back("email", Away.UNREACHED, "two")}
    before = set(subject._back)
    with pytest.raises(ConnectionError):
        await subject.carry_due(stopping)
    assert subject._back == before
    await subject.carry_due(stopping)
    assert asked == [before, before]
    assert subject._back == {one}, "it came back once more while it was brought forward"


async def test_an_operator_sends_a_waiting_letter_now(bare: Database) -> None:
    clock, email = ManualClock(NOW), Steered(BUSY)
    await write(bare, clock, due_soon("h-1"))
    courier = carrier(bare, clock, lines(email))
    await carry(courier)
    [[found]] = await deliveries(bare, "delivery_id")
    assert isinstance(found, UUID)
    async with bare.transaction() as connection:
        assert await retry_delivery(connection, found, account="operator-1", deps=courier.deps) is None
        assert await connection.fetchval("SELECT decided_by FROM delivery_decision") == "operator-1"
    await carry(courier)
    assert await deliveries(bare) == [("delivered", 2, "250 2.0.0")]
