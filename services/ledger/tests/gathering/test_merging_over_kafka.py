"""Through real Kafka: what a county sends under a merged reference counts for the hazard that goes on, and all is told."""

from __future__ import annotations

import asyncio

import pytest

from duban_contracts.events.feedback import ClaimRecorded
from duban_contracts.topics import TopicFamily
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.people import HOME
from services.ledger.tests.world import World, mended

_TYPES = "duban.hazard.{}.v1"


@pytest.mark.feature("SY26")
@pytest.mark.promise("P1")
async def test_a_submission_under_a_merged_reference_reaches_the_hazard_that_goes_on(world: World) -> None:
    survivor, source = await asyncio.gather(
        world.confirmed(channel="self_report"), world.confirmed(channel="verified_tip")
    )
    body = {"into": survivor["number"], "reason": "同一处隐患"}
    answer = await world.post(source["number"], "merge", body, "county")
    assert answer.status_code == 200, answer.text
    await world.claim(mended(source["reference"]))
    answers = await world.answers(source["reference"], 2)
    assert isinstance(answers[-1], ClaimRecorded)
    assert (answers[-1].number, answers[-1].linked_reference) == (survivor["number"], survivor["reference"])
    answer = await world.post(survivor["number"], "close", {"review": "现场复查合格"}, "city-2")
    assert answer.status_code == 200, answer.text

    def histories() -> list[list[str]]:
        told = world.topic(TopicFamily.HAZARD)
        found = [[event.type for event in told if event.subject == each["hazard_id"]] for each in (survivor, source)]
        assert found == [
            [_TYPES.format(name) for name in ("registered", "confirmed", "source_added", "submitted", "closed")],
            [_TYPES.format(name) for name in ("registered", "confirmed", "merged", "source_answered")],
        ]
        return found

    await chassis_testing.eventually(histories)

    def copies() -> None:
        heard = {event.type for event in world.feedback(HOME) if event.partitionkey == source["reference"]}
        assert heard >= {_TYPES.format("merged"), _TYPES.format("source_answered")}

    await chassis_testing.eventually(copies)
