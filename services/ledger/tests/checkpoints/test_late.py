"""When a checkpoint is late: the gauge behind the alert says what is known, also right after a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from duban_contracts.testing.calendar import local
from services.chassis.process.clock import ScaledClock
from services.chassis.testing.clock import ManualClock
from services.ledger import metrics
from services.ledger.checkpoints.jobs import last_signed, noting
from services.ledger.tests.checkpoints.log import Log

pytestmark = pytest.mark.promise("P4")
BEFORE = local(1, 9)


def noted() -> float:
    [metric] = metrics.CHECKPOINT.collect()
    [sample] = metric.samples
    return sample.value


async def known() -> datetime:
    return BEFORE


async def refused() -> bool:
    return False


async def test_only_a_round_that_signed_everything_moves_the_gauge() -> None:
    clock, done = ManualClock(local(1, 12)), True

    async def work() -> bool:
        return done

    job = noting(work, known=known, clock=clock)
    await job()
    at = noted()
    assert at == clock.wall().timestamp()
    done = False
    clock.advance(timedelta(hours=1))
    await job()
    assert noted() == at


async def test_a_process_that_signs_nothing_and_starts_anew_is_as_late_as_before() -> None:
    for hour in (12, 13):
        await noting(refused, known=known, clock=ManualClock(local(1, hour)))()
        assert noted() == BEFORE.timestamp()


async def test_what_is_known_is_asked_again_until_it_is_told() -> None:
    answers = iter([ConnectionError("away"), None])

    async def sometimes() -> datetime:
        if (error := next(answers)) is not None:
            raise error
        return BEFORE

    metrics.CHECKPOINT.set(0)
    job = noting(refused, known=sometimes, clock=ManualClock(local(1, 12)))
    with pytest.raises(ConnectionError):
        await job()
    assert noted() == 0
    await job()
    await job()
    assert noted() == BEFORE.timestamp()


async def test_it_is_known_from_the_newest_checkpoint_and_without_one_from_the_first_record(own: Log) -> None:
    ledger = own.ledger
    await ledger.registered()
    asked = partial(last_signed, ledger.database)
    first = await ledger.pool.fetchval("SELECT time FROM hazard_history ORDER BY position LIMIT 1")
    assert await asked(clock=ledger.platform.clock) == datetime.fromisoformat(first)
    await own.checkpoint()
    signed_at = await ledger.pool.fetchval("SELECT signed_at FROM checkpoint")
    assert await asked(clock=ledger.platform.clock) == signed_at
    # Where domain time is not wall time, the gauge is of wall time all the same.
    wall = datetime(2030, 1, 1, tzinfo=UTC)
    faster = ScaledClock(rate=60, origin=signed_at, origin_wall=wall)
    assert await asked(clock=faster) == wall
