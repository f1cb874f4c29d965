"""The heartbeat on its topic: what it promises stands ahead of it, in every partition (promise P3)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardSubmitted
from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.consuming.progress import NOTHING_KNOWN
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.world import World, mended, new_reference, reported


@pytest.mark.promise("P3")
async def test_no_submission_before_a_heartbeats_instant_stands_behind_it(world: World) -> None:
    references = [new_reference() for _ in range(40)]
    await world.claim(*(reported(reference) for reference in references))
    hazards = [await world.hazard(reference) for reference in references]
    await asyncio.gather(*(world.confirm(hazard) for hazard in hazards))
    for index, hazard in enumerate(hazards):
        if index % 2:
            await world.submit(hazard, "county")
        else:
            await world.claim(mended(hazard["reference"]))
    submitted = {hazard["hazard_id"] for hazard in hazards}
    done = datetime.now(UTC)

    def all_told() -> None:
        found = [(p, decode(e)) for p, e in world.by_partition(TopicFamily.HAZARD)]
        beats = [(p, data) for p, data in found if isinstance(data, LedgerHeartbeat)]
        assert {p for p, data in beats if data.applied_through > done} == set(range(PARTITIONS))
        assert submitted <= {d.hazard.hazard_id for _, d in found if isinstance(d, HazardSubmitted)}
        for partition in range(PARTITIONS):
            newest = datetime.min.replace(tzinfo=UTC)
            for data in (data for p, data in found if p == partition):
                if isinstance(data, LedgerHeartbeat) and NOTHING_KNOWN in data.behind.values():
                    # While this host's clock waits to be measured nothing is said of any county, and nothing moves.
                    continue
                if isinstance(data, LedgerHeartbeat):
                    assert data.applied_through > newest
                    newest = data.applied_through
                elif isinstance(data, HazardSubmitted):
                    assert data.submitted_at >= newest

    await chassis_testing.eventually(all_told)
