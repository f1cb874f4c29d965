"""Attempts that others followed are forgotten after their time; how a delivery ended stands for good (promise P9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.notifications.delivery.jobs import forget_attempts
from services.notifications.tests.world import NOW, overdue
from services.notifications.tests.writing import BUSY, Steered, carrier, carry, deliveries, lines, write

KEPT = timedelta(days=430)


@pytest.mark.promise("P9")
async def test_what_was_put_off_and_sent_again_is_forgotten_and_the_last_attempt_of_each_delivery_never(
    bare: Database,
) -> None:
    clock = ManualClock(NOW)
    for letter, robot in (("h-1", Steered(BUSY, BUSY)), ("h-2", Steered(BUSY, BUSY, BUSY))):
        await write(bare, clock, overdue(letter))
        for seconds in (0, 3, 15):
            clock.advance(timedelta(seconds=seconds))
            await carry(carrier(bare, clock, lines(robot)))
    ended = [("delivered", 3), ("failed", 3)]
    assert await deliveries(bare, "state, attempts") == ended
    clock.advance(KEPT)
    assert await forget_attempts(bare, clock, keep=KEPT) == 4
    assert await forget_attempts(bare, clock, keep=KEPT) == 0
    async with bare.acquire() as connection:
        left = await connection.fetch("SELECT attempt, verdict FROM delivery_attempt ORDER BY verdict")
    assert [tuple(row) for row in left] == [(3, "accepted"), (3, "transient")]
    assert await deliveries(bare, "state, attempts") == ended
