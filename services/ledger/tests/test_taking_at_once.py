"""Several instances and people at once on one reference: what one alone would have left."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

from services.chassis.consuming.deliveries import RawRecord, Refusal
from services.ledger.domain.commands import Confirm
from services.ledger.domain.hazard import Hazard
from services.ledger.tests.desk import Desk
from services.ledger.tests.test_hazard_rules import CITY, CONFIRM
from services.ledger.tests.world import rectified, reported, today


async def test_a_report_and_its_submission_taken_at_once_never_miss_each_other(desk: Desk) -> None:
    # Were the reference not held, the one could look for the hazard before the other has written it.
    chance = random.Random(7)
    for round_ in range(15):
        claims = [reported(f"R-{round_}-{i}") for i in range(8)] + [rectified(f"R-{round_}-{i}") for i in range(8)]
        chance.shuffle(claims)
        await asyncio.gather(*(desk.take(claim) for claim in claims))
    rows = await desk.database.pool.fetch("SELECT waiting_for, count(*) FROM waiting_claim GROUP BY waiting_for")
    assert [tuple(row) for row in rows] == [("confirmation", 120)]


async def test_confirmation_and_submission_at_once_leave_nothing_waiting(desk: Desk) -> None:
    confirm = Confirm(grade=CONFIRM.grade, responsible_unit="fire_rescue", deadline_on=today())

    async def confirmed(number: str) -> Hazard:
        return await desk.execute(number, lambda _: confirm, CITY, lambda _: None)

    references = [f"R-{i}" for i in range(60)]
    await desk.take(*(reported(reference) for reference in references))
    rows = await desk.database.pool.fetch("SELECT reference, number FROM hazard")
    numbers: dict[str, str] = {row["reference"]: row["number"] for row in rows}
    await asyncio.gather(*(job for r in references for job in (confirmed(numbers[r]), desk.take(rectified(r)))))
    rows = await desk.database.pool.fetch("SELECT state, version, count(*) FROM hazard GROUP BY state, version")
    assert [tuple(row) for row in rows] == [("in_review", 3, 60)]
    assert await desk.database.pool.fetchval("SELECT count(*) FROM waiting_claim") == 0


async def test_one_batch_takes_a_whole_story_in_its_order(desk: Desk) -> None:
    await desk.take(
        rectified("R-1"), reported("R-1", place="甲"), reported("R-1", place="乙"), reported("R-1", place="乙")
    )
    row = await desk.database.pool.fetchrow("SELECT place, version, state FROM hazard")
    assert row is not None
    assert tuple(row) == ("乙", 2, "reported")
    history = await desk.database.pool.fetch("SELECT version, type FROM hazard_history ORDER BY position")
    assert [tuple(r) for r in history] == [(1, "duban.hazard.registered.v1"), (2, "duban.hazard.corrected.v1")]
    assert await desk.database.pool.fetchval("SELECT waiting_for FROM waiting_claim") == "confirmation"


async def test_an_unreadable_record_that_comes_again_is_answered_once(desk: Desk) -> None:
    record = RawRecord("county.140502.v1", 3, 7, datetime.now(UTC), b"k", b"no json", [])
    for _ in range(2):
        async with desk.database.transaction() as connection:
            await desk.claims.refuse(connection, record, None, Refusal("not-a-cloudevent", "x", "specversion", "1.0"))
    assert await desk.database.pool.fetchval("SELECT count(*) FROM rejected_claim") == 1
    assert await desk.database.pool.fetchval("SELECT count(*) FROM outbox") == 1
