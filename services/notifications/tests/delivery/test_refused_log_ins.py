"""A mail server that refuses our log-in is left alone for a while, by every letter too: no account is locked out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.channels.email import EmailCarrier, EmailSettings
from services.notifications.channels.handlers.opening import Line
from services.notifications.delivery.handlers.returning import look_for_return
from services.notifications.tests.parcels import means
from services.notifications.tests.scripted import mail_server
from services.notifications.tests.world import NOW, due_soon
from services.notifications.tests.writing import Steered, carrier, carry, deliveries, write

pytestmark = [pytest.mark.feature("SY44"), pytest.mark.promise("P9")]


async def test_a_relay_that_refuses_our_log_in_is_asked_ever_less_often(bare: Database) -> None:
    clock = ManualClock(NOW)
    async with mail_server(EHLO=b"250-here\r\n250 AUTH PLAIN", AUTH=b"535 5.7.8 no") as server:
        settings = EmailSettings(port=server.port, timeout=60, username="duban", password=SecretStr("old"))
        email = EmailCarrier(replace(means(), steady=lambda: clock.wall().timestamp()), settings)

        def log_ins() -> int:
            return sum(line.startswith(b"AUTH") for line in server.heard)

        for _ in range(360):
            assert await email.obstacle()
            assert not await email.reachable("")
            clock.advance(timedelta(seconds=10))
        assert log_ins() == 11, "after 10 s, 20 s, 40 s and so on up to 10 min"
        steered = Steered().as_channel("email", drops_repeats=False)
        courier = carrier(bare, clock, {"email": Line(steered, email)})
        await write(bare, clock, due_soon("h-1"))
        await carry(courier)
        assert log_ins() == 11, "a letter is no reason to ask sooner"
        assert await deliveries(bare) == [("pending", 0, None)], "and was not tried"
        clock.advance(timedelta(seconds=30))
        await carry(courier)
        await look_for_return(courier.deps)
        assert log_ins() == 12
        assert await deliveries(bare, "state, code, away") == [("pending", "535 5.7.8", "unserved")]
        server.says["AUTH"] = b"235 welcome"
        clock.advance(timedelta(minutes=10))
        assert await email.reachable("")
        server.says["AUTH"] = b"535 5.7.8 no"
        assert not await email.reachable("")
        clock.advance(timedelta(seconds=10))
        assert not await email.reachable("")
        assert log_ins() == 15, "after a log-in the pauses begin anew"


async def test_in_the_pause_no_letter_logs_in_or_counts_a_try_whatever_the_wall_clock_says(bare: Database) -> None:
    clock, seconds = ManualClock(NOW), [0.0]
    async with mail_server(EHLO=b"250-here\r\n250 AUTH PLAIN", AUTH=b"535 5.7.8 no") as server:
        settings = EmailSettings(port=server.port, timeout=60, username="duban", password=SecretStr("old"))
        email = EmailCarrier(replace(means(), wall=clock.wall, steady=lambda: seconds[0]), settings)
        steered = Steered().as_channel("email", drops_repeats=False)
        courier = carrier(bare, clock, {"email": Line(steered, email)}, concurrency=8)
        assert await email.obstacle()
        await write(bare, clock, *(due_soon(f"h-{number}") for number in range(8)))
        for _ in range(20):
            clock.advance(timedelta(hours=2))
            await carry(courier)
        assert sum(line.startswith(b"AUTH") for line in server.heard) == 1
        assert await deliveries(bare) == [("pending", 0, None)] * 8
        seconds[0] = 11
        await carry(courier)
        assert sum(line.startswith(b"AUTH") for line in server.heard) == 2, "the first of eight asked for all"
        tries = await deliveries(bare, "state, tries, code, away")
        assert sorted(tries, key=str) == sorted(
            [("pending", 1, "535 5.7.8", "unserved"), *[("pending", 0, "535 5.7.8", None)] * 7], key=str
        )
        server.says["AUTH"] = b"235 welcome"
        seconds[0] = 32
        clock.advance(timedelta(hours=2))
        await carry(courier)
        assert await deliveries(bare, "state") == [("delivered",)] * 8


async def test_who_goes_nowhere_waits_for_no_pause(bare: Database) -> None:
    clock = ManualClock(NOW)
    async with mail_server(greeting=b"554 5.3.2 no") as server:
        email = EmailCarrier(means(), EmailSettings(port=server.port, timeout=60))
        steered = Steered().as_channel("email", drops_repeats=False)
        courier = carrier(bare, clock, {"email": Line(steered, email)})
        assert await email.obstacle()
        await write(bare, clock, due_soon("h-1"))
        async with bare.transaction() as connection:
            await connection.execute("UPDATE delivery SET address = NULL")
        await carry(courier)
        assert await deliveries(bare, "state, code") == [("failed", "no-contact")]
