"""When a checkpoint is late: the gauge behind the alert says what is known, and what isn't is as old as the process."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from duban_contracts.testing.calendar import local
from services.chassis.process.clock import ManualClock
from services.ledger import metrics
from services.ledger.checkpoints.jobs import from_its_start, note_when_done

pytestmark = pytest.mark.promise("P4")


def noted() -> float:
    [metric] = metrics.CHECKPOINT.collect()
    [sample] = metric.samples
    return sample.value


async def test_only_a_round_that_signed_everything_moves_the_gauge() -> None:
    clock, done = ManualClock(local(1, 12)), True

    async def work() -> bool:
        return done

    await note_when_done(work, clock=clock)
    at = noted()
    assert at == clock.wall().timestamp()
    done = False
    clock.advance(timedelta(hours=1))
    await note_when_done(work, clock=clock)
    assert noted() == at


async def test_a_process_that_has_not_looked_yet_is_as_late_as_it_is_old() -> None:
    clock = ManualClock(local(2, 12))
    seen: list[float] = []

    async def run(_: asyncio.Event) -> None:
        seen.append(noted())

    await from_its_start(run, clock=clock)(asyncio.Event())
    assert seen == [clock.wall().timestamp()]
