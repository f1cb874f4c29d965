"""A mail server that refuses our log-in is left alone for a while, by every letter too: no account is locked out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from pydantic import SecretStr

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.chassis.testing.kafka import eventually
from services.notifications.channels.email import CHANNEL, EmailCarrier, EmailSettings
from services.notifications.channels.handlers.opening import Line
from services.notifications.channels.model.answers import Answer, Away, Verdict
from services.notifications.channels.model.channel import Means
from services.notifications.delivery.handlers.returning import look_for_return
from services.notifications.metrics import NOTICE_DELIVERIES
from services.notifications.tests.parcels import means
from services.notifications.tests.scripted import MailServer, mail_server
from services.notifications.tests.world import NOW, due_soon
from services.notifications.tests.writing import Steered, carrier, carry, deliveries, lines, write

pytestmark = [pytest.mark.feature("SY44"), pytest.mark.promise("P9")]


def ways(server: MailServer) -> list[str]:
    """The methods of the log-ins that a server heard."""
    return [line.split()[1].decode() for line in server.heard if line.startswith(b"AUTH")]


def logged_in(server: MailServer) -> None:
    """Complain unless a server heard a log-in."""
    assert ways(server)


def with_a_password(server: MailServer, given: Means, *, timeout: float = 25) -> EmailCarrier:
    """E-mail over a relay at which we log in."""
    settings = EmailSettings(port=server.port, timeout=timeout, username="duban", password=SecretStr("secret"))
    return EmailCarrier(given, settings)


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (b"535 5.7.8 no", ("pending", "535 5.7.8", "unserved")),
        (b"", ("pending", "log-in-unanswered", "unserved")),
        (b"who are you?", ("pending", "log-in-unanswered", "unserved")),
    ],
    ids=["it says no", "it hangs up", "it says what is no reply"],
)
async def test_a_relay_that_refuses_our_log_in_is_asked_ever_less_often(
    refusal: bytes, told: tuple[str, ...], bare: Database
) -> None:
    clock = ManualClock(NOW)
    async with mail_server(EHLO=b"250-here\r\n250 AUTH PLAIN", AUTH=refusal) as server:
        email = with_a_password(server, replace(means(), steady=lambda: clock.wall().timestamp()))

        def log_ins() -> int:
            return len(ways(server))

        for _ in range(360):
            assert await email.obstacle()
            assert not await email.reachable("")
            clock.advance(timedelta(seconds=10))
        assert log_ins() == 11, "after 10 s, 20 s, 40 s and so on up to 10 min"
        courier = carrier(bare, clock, {"email": Line(CHANNEL, email)})
        await write(bare, clock, due_soon("h-1"))
        await carry(courier)
        assert log_ins() == 11, "a letter is no reason to ask sooner"
        assert await deliveries(bare) == [("pending", 0, None)], "and was not tried"
        clock.advance(timedelta(seconds=30))
        await carry(courier)
        await look_for_return(courier.deps)
        assert log_ins() == 12
        assert await deliveries(bare, "state, code, away") == [told]
        server.says["AUTH"] = b"235 welcome"
        clock.advance(timedelta(minutes=10))
        assert await email.reachable("")
        server.says["AUTH"] = refusal
        assert not await email.reachable("")
        clock.advance(timedelta(seconds=10))
        assert not await email.reachable("")
        assert log_ins() == 15, "after a log-in the pauses begin anew"


async def test_in_the_pause_no_letter_logs_in_or_counts_a_try_whatever_the_wall_clock_says(bare: Database) -> None:
    clock, seconds = ManualClock(NOW), [0.0]
    async with mail_server(EHLO=b"250-here\r\n250 AUTH PLAIN", AUTH=b"535 5.7.8 no") as server:
        email = with_a_password(server, replace(means(), wall=clock.wall, steady=lambda: seconds[0]))
        courier = carrier(bare, clock, {"email": Line(CHANNEL, email)}, concurrency=8)
        assert await email.obstacle()
        await write(bare, clock, *(due_soon(f"h-{number}") for number in range(8)))
        for _ in range(20):
            clock.advance(timedelta(hours=2))
            await carry(courier)
        assert len(ways(server)) == 1
        assert await deliveries(bare) == [("pending", 0, None)] * 8
        seconds[0] = 11
        await carry(courier)
        assert len(ways(server)) == 2, "the first of eight asked for all"
        tries = await deliveries(bare, "state, attempts, tries, code, away")
        assert tries.count(("pending", 1, 1, "535 5.7.8", "unserved")) == 1
        assert tries.count(("pending", 0, 0, None, None)) == 7, "nothing else was begun"
        server.says["AUTH"] = b"235 welcome"
        seconds[0] = 32
        clock.advance(timedelta(hours=2))
        await carry(courier)
        await carry(courier)
        assert await deliveries(bare, "state") == [("delivered",)] * 8


async def test_a_slow_relay_that_is_well_again_is_asked_by_one_letter_and_then_gets_them_all(bare: Database) -> None:
    clock, seconds = ManualClock(NOW), [0.0]
    async with mail_server(EHLO=b"250-here\r\n250 AUTH PLAIN", AUTH=b"535 5.7.8 no") as server:
        email = with_a_password(server, replace(means(), wall=clock.wall, steady=lambda: seconds[0]))
        courier = carrier(bare, clock, {"email": Line(CHANNEL, email)}, concurrency=8)
        assert await email.obstacle()
        server.says["AUTH"], server.holds["AUTH"] = b"235 welcome", asyncio.Event()
        await write(bare, clock, *(due_soon(f"h-{number}") for number in range(8)))
        clock.advance(timedelta(hours=2))
        seconds[0] = 11
        for _ in range(3):
            await courier.carry_due(asyncio.Event())
            assert await email.obstacle() == "refused before: 535 5.7.8", "nobody else asks meanwhile"
        begun = await deliveries(bare, "state, attempts")
        assert sorted(begun) == [("pending", 0)] * 7 + [("sending", 1)]
        server.holds["AUTH"].set()
        await courier.finish()
        await carry(courier)
        assert await deliveries(bare) == [("delivered", 1, "250 2.0.0")] * 8
        assert await email.obstacle() is None


async def test_a_refusal_that_comes_later_than_we_wait_is_one(bare: Database) -> None:
    clock, seconds = ManualClock(NOW), [0.0]
    async with mail_server(EHLO=b"250-here\r\n250 AUTH PLAIN", AUTH=b"535 5.7.8 no") as server:
        email = with_a_password(server, replace(means(), wall=clock.wall, steady=lambda: seconds[0]), timeout=2)
        courier = carrier(bare, clock, {"email": Line(CHANNEL, email)})
        server.holds["AUTH"] = asyncio.Event()
        assert await email.obstacle()
        await write(bare, clock, due_soon("h-1"))
        for _ in range(3):
            await carry(courier)
            assert not await email.reachable("")
        assert len(ways(server)) == 1
        assert await deliveries(bare) == [("pending", 0, None)]
        seconds[0] = 11
        await carry(courier)
        await look_for_return(courier.deps)
        assert len(ways(server)) == 2
        assert await deliveries(bare, "state, code, away") == [("pending", "log-in-unanswered", "unserved")]
        server.holds["AUTH"].set()
        server.says["AUTH"] = b"235 welcome"
        seconds[0] = 32
        clock.advance(timedelta(hours=2))
        await carry(courier)
        assert await deliveries(bare, "state, attempts") == [("delivered", 2)]


async def test_whoever_waits_for_less_time_than_the_relay_is_given_makes_no_refusal_of_it() -> None:
    async with mail_server() as server:
        email = with_a_password(server, means())
        server.holds["AUTH"] = asyncio.Event()
        asking = asyncio.create_task(email.obstacle())
        await eventually(partial(logged_in, server))
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        assert not email.asks_alone()
        server.holds["AUTH"].set()
        assert await email.obstacle() is None


async def test_a_session_tries_one_way_to_log_in_and_the_next_one_the_next() -> None:
    seconds = [0.0]
    said = {"AUTH PLAIN": b"535 5.7.8 no", "AUTH LOGIN": b"454 4.7.0 not now"}
    async with mail_server(**said) as server:
        email = with_a_password(server, replace(means(), steady=lambda: seconds[0]))
        assert await email.obstacle()
        assert ways(server) == ["PLAIN"], "each way that is refused is a failed log-in"
        assert email.rests(), "no later answer hides the refusal"
        seconds[0] = 11
        assert await email.obstacle()
        assert not email.rests(), "454 is for now"
        assert await email.obstacle()
        server.says["AUTH LOGIN"] = b"535 5.7.8 no"
        assert await email.obstacle()
        assert email.rests()
        seconds[0] = 32
        server.says["AUTH PLAIN"] = b"235 welcome"
        assert await email.obstacle() is None
        assert await email.obstacle() is None
        assert ways(server) == ["PLAIN", "LOGIN", "LOGIN", "LOGIN", "PLAIN", "PLAIN"]


async def test_a_way_that_the_relay_does_not_know_though_it_offers_it_is_none() -> None:
    offers = b"250-here\r\n250 AUTH PLAIN CRAM-MD5"
    async with mail_server(EHLO=offers, **{"AUTH CRAM-MD5": b"504 5.5.4 no such way"}) as server:
        email = with_a_password(server, means())
        assert await email.obstacle() is None
        assert await email.obstacle() is None
        assert ways(server) == ["CRAM-MD5", "PLAIN", "PLAIN"]
        server.says["AUTH PLAIN"] = b"504 5.5.4 no such way"
        assert await email.obstacle()
        assert email.rests()
        assert len(ways(server)) == 5


async def test_a_relay_that_offers_no_way_to_log_in_is_away() -> None:
    async with mail_server(EHLO=b"250 here") as server:
        assert await with_a_password(server, means()).obstacle() == "SMTPNotSupported"
    assert ways(server) == []


async def test_what_was_begun_and_asked_nobody_is_no_attempt(bare: Database) -> None:
    clock = ManualClock(NOW)
    unasked = Answer(Verdict.TRANSIENT, "535 5.7.8", away=Away.UNSERVED, asked=False)
    counted = NOTICE_DELIVERIES.labels("email", "retried")._value.get()
    await write(bare, clock, due_soon("h-1"))
    courier = carrier(bare, clock, lines(Steered(unasked, unasked)))
    for _ in range(3):
        await carry(courier)
    assert await deliveries(bare, "state, attempts, tries") == [("delivered", 1, 1)]
    async with bare.acquire() as connection:
        rows = await connection.fetch("SELECT attempt, verdict FROM delivery_attempt")
    assert [tuple(row) for row in rows] == [(1, "accepted")]
    assert NOTICE_DELIVERIES.labels("email", "retried")._value.get() == counted


async def test_who_goes_nowhere_waits_for_no_pause(bare: Database) -> None:
    clock = ManualClock(NOW)
    async with mail_server(greeting=b"554 5.3.2 no") as server:
        email = EmailCarrier(means(), EmailSettings(port=server.port, timeout=25))
        courier = carrier(bare, clock, {"email": Line(CHANNEL, email)})
        assert await email.obstacle()
        await write(bare, clock, due_soon("h-1"))
        async with bare.transaction() as connection:
            await connection.execute("UPDATE delivery SET address = NULL")
        await carry(courier)
        assert await deliveries(bare, "state, code") == [("failed", "no-contact")]
