"""What is old enough goes and leaves an anchor; what isn't shows when it is gone, whatever an anchor says (SY66)."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.tests.trail.chain import NOW, judged, tampered, written
from services.chassis.tests.trail.example import MIGRATIONS
from services.chassis.trail.model import ChainFault, Fault, Head
from services.chassis.trail.pruning import TooYoung, prune
from services.chassis.trail.sealing import seal_all

pytestmark = [pytest.mark.feature("SY66")]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def test_what_is_older_than_it_must_be_kept_goes_and_the_rest_still_holds(database: str) -> None:
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    # By the database's clock, to the hour.
    for age in (500 * DAY, 366 * DAY + HOUR, 366 * DAY - HOUR, 0 * DAY):
        await written(opened, 3, at=NOW - age)
    whole = await judged(opened)
    async with opened.acquire() as connection:
        gone = await prune(connection, keep=timedelta(days=366), account="operator-1")  # type: ignore[arg-type]
        assert gone == 6
        (pruned,) = await connection.fetch("SELECT account, times FROM trail.act WHERE action = 'trail.prune'")
        assert (pruned["account"], pruned["times"]) == ("operator-1", 6)
    left = await judged(opened, [whole.head])
    assert (left.rows, left.seals, list(left.findings)) == (6, 2, [])
    # Nothing is left to prune, and the chain goes on.
    async with opened.acquire() as connection:
        assert await prune(connection, keep=timedelta(days=366), account="operator-1") == 0  # type: ignore[arg-type]
    await seal_all(opened, SystemClock())
    assert list((await judged(opened)).findings) == []
    await opened.close()


@pytest.mark.parametrize("dated", ["honestly", "long ago", "to come"])
async def test_an_anchor_that_somebody_made_up_hides_nothing(opened: Database, dated: str) -> None:
    sealed, pruned = {
        "honestly": ("sealed_at", "now()"),
        "long ago": ("now() - interval '500 days'", "now()"),
        "to come": ("sealed_at", "now() + interval '400 days'"),
    }[dated]
    kept = (await judged(opened)).head
    found = await tampered(
        opened,
        f"INSERT INTO trail.anchor SELECT number, digest, {sealed}, {pruned}, 'x' FROM trail.seal WHERE number = 2",  # noqa: S608
        "DELETE FROM trail.act WHERE position <= 8",
        "DELETE FROM trail.seal WHERE number <= 2",
    )
    assert found == [ChainFault(Fault.CUT_TOO_SOON, 2)]
    # Not by taking away everything either.
    found = await tampered(
        opened,
        f"INSERT INTO trail.anchor SELECT number, digest, {sealed}, {pruned}, 'x' FROM trail.seal",  # noqa: S608
        "DELETE FROM trail.act",
        "DELETE FROM trail.seal",
    )
    assert found == [ChainFault(Fault.CUT_TOO_SOON, 3)]
    assert list((await judged(opened, [kept])).findings) == found


async def test_a_kept_head_that_was_pruned_is_no_fault_and_told(database: str) -> None:
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    heads = []
    for days in (500, 400, 350, 0):
        await written(opened, 3, at=NOW - timedelta(days=days))
        heads.append((await judged(opened)).head)
    async with opened.acquire() as connection:
        await prune(connection, keep=timedelta(days=366), account="operator-1")  # type: ignore[arg-type]
    verdict = await judged(opened, heads)
    assert (list(verdict.findings), list(verdict.pruned)) == ([], heads[:1])
    # One of the same number that is another is none.
    forged = Head(2, bytes(32))
    assert list((await judged(opened, [forged])).findings) == [ChainFault(Fault.HEAD_MISSING, 2)]
    await opened.close()


async def test_nothing_younger_than_366_days_can_be_pruned(opened: Database) -> None:
    async with opened.acquire() as connection:
        with pytest.raises(TooYoung):
            await prune(connection, keep=timedelta(days=365), account="operator-1")  # type: ignore[arg-type]
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("DELETE FROM trail.act WHERE at < now() - interval '365 days' OR TRUE")
