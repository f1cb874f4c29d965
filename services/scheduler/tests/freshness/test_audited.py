"""When a self-audit last ended is told over restarts: one that nobody does any more never grows young."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.scheduler.freshness.handlers import Audited
from services.scheduler.tests.bench import Bench, metric


def told() -> float:
    return metric("duban_audit_timestamp_seconds", {"audit": "planning"})


async def test_an_audit_that_stopped_stays_old_over_restarts_and_is_young_again_once_it_ends(bench: Bench) -> None:
    async def ends() -> None:
        """Find nothing."""

    async def fails() -> None:
        raise TimeoutError

    ended = bench.clock.wall()
    await Audited("planning", ends, bench.database, bench.clock).round()
    for _ in range(2):
        bench.clock.set(bench.clock.now() + timedelta(minutes=20))
        restarted = Audited("planning", fails, bench.database, bench.clock)
        with pytest.raises(TimeoutError):
            await restarted.round()
        assert told() == ended.timestamp()
    await Audited("planning", ends, bench.database, bench.clock).round()
    assert told() == bench.clock.wall().timestamp() > ended.timestamp()


async def test_an_audit_that_never_ended_is_waited_for_since_its_first_try(bench: Bench) -> None:
    async def fails() -> None:
        raise TimeoutError

    first = bench.clock.wall()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await Audited("planning", fails, bench.database, bench.clock).round()
        bench.clock.set(bench.clock.now() + timedelta(minutes=20))
    assert told() == first.timestamp() < bench.clock.wall().timestamp()
