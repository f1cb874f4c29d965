"""One county's trouble is one county's: what is not known of it delays the alarms about its own hazards only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duban_contracts.testing.calendar import local
from duban_contracts.testing.stories import confirmed
from services.scheduler.audit.model import Reason
from services.scheduler.tests.bench import Bench

pytestmark = pytest.mark.promise("P3")
MOMENT = timedelta(milliseconds=1)


async def overdue(bench: Bench) -> list[str | None]:
    return [event.subject for event in await bench.said() if ".overdue." in event.type]


async def test_a_county_that_is_behind_waits_alone_and_is_alarmed_when_it_is_known(bench: Bench) -> None:
    await bench.learn(confirmed("hz-1", county="140502").records())
    await bench.learn(confirmed("hz-2", county="140581").records())
    bench.clock.set(local(4, 1))
    await bench.hear(local(4, 1), behind={"140581": local(4)})
    await bench.tick()
    assert await overdue(bench) == ["hz-1"]
    # The deadline's own instant may still hold a claim; a moment later it may not.
    await bench.hear(local(4, 1) + MOMENT, behind={"140581": local(4) + MOMENT})
    await bench.tick()
    assert await overdue(bench) == ["hz-1", "hz-2"]


async def test_a_submission_in_time_of_a_county_that_was_behind_excuses_its_hazard(bench: Bench) -> None:
    story = confirmed("hz-2", county="140581")
    await bench.learn(story.records())
    bench.clock.set(local(4, 1))
    await bench.hear(local(4, 1), behind={"140581": local(2)})
    await bench.tick()
    await bench.learn(story.submitted(local(3, 23, 59), local(4, 2)).records()[-1:])
    bench.clock.set(local(4, 3))
    await bench.hear(local(4, 3))
    await bench.tick()
    assert await overdue(bench) == []


async def test_the_audit_says_of_the_waiting_alarm_that_the_ledger_is_behind(bench: Bench) -> None:
    await bench.learn(confirmed("hz-2", county="140581").records())
    bench.clock.set(local(4, 1))
    await bench.hear(local(4, 1), behind={"140581": local(2)})
    await bench.tick()
    assert [finding.reason for finding in (await bench.look()).missed] == [Reason.LEDGER_BEHIND]
