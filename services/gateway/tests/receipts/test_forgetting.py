"""Receipts go after their time: the answered ones, and reservations that came to nothing; never one that waits for its answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import connect
from services.chassis.testing import kafka as chassis_testing
from services.gateway.receipts.handlers import forget_old
from services.gateway.tests.feedback import feed, queued, recorded, waiting
from services.gateway.tests.world import World, report

pytestmark = [pytest.mark.feature("SY64"), pytest.mark.promise("P1")]
KEPT: Final = timedelta(days=460)
LONG_AGO: Final = timedelta(days=500)


async def aged(world: World, receipt_id: str, *, answered: bool = True) -> None:
    """Put a receipt back as if its event had come, and with `answered` been answered, long ago."""
    await world.connection.execute(
        """UPDATE receipt SET reserved_at = reserved_at - $2::interval, queued_at = queued_at - $2::interval,
                              answered_at = CASE WHEN $3 THEN answered_at - $2::interval ELSE now() END
            WHERE receipt_id = $1::uuid""",
        receipt_id,
        LONG_AGO,
        answered,
    )


async def answer(world: World, receipt_id: str, **expected: str) -> None:
    async def check() -> None:
        receipt = (await world.receipt(receipt_id)).json()
        assert {name: receipt.get(name) for name in expected} == expected

    await chassis_testing.eventually(check)


async def test_a_receipt_goes_once_its_event_is_forgotten_everywhere_and_not_while_it_waits(world: World) -> None:
    events = {name: report() for name in ("old", "waits", "late", "young")}
    receipts = {name: await queued(world, event) for name, event in events.items()}
    done = [recorded(events[name], receipts[name]) for name in ("old", "late", "young")]
    await feed(world, [*done, waiting(events["waits"], receipts["waits"])])
    for name in ("old", "late", "young"):
        await answer(world, receipts[name], status="recorded")
    await answer(world, receipts["waits"], waiting_for="report")
    await aged(world, receipts["old"])
    await aged(world, receipts["waits"])
    await aged(world, receipts["late"], answered=False)
    # What nobody was promised: an id that was reserved when the process died.
    await world.connection.execute(
        "INSERT INTO receipt (receipt_id, county, reserved_at) VALUES (gen_random_uuid(), '140599', now() - $1::interval)",
        LONG_AGO,
    )
    database = await connect(world.settings.postgres_dsn, application_name="test")
    try:
        await forget_old(database, SystemClock(), keep=KEPT)
    finally:
        await database.close()
    found = {name: (await world.receipt(receipt_id)).status_code for name, receipt_id in receipts.items()}
    assert found == {"old": 404, "waits": 200, "late": 200, "young": 200}
    assert not await world.connection.fetchval("SELECT count(*) FROM receipt WHERE county = '140599'")
    again = await world.post(events["old"])
    assert again.json()["results"][0]["receipt_id"] == receipts["old"], "its id is the event's, also the second time"
    assert len(await world.sent(events["old"])) == 2, "and it is handed over as something new"
