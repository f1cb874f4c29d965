"""Findings through real Kafka, as the scheduler publishes them: once each, whatever is repeated."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.findings import FindingRejected
from duban_contracts.events.hazards import HazardRegistered
from duban_contracts.testing.findings import finding, found, inspection, published
from duban_contracts.topics import TopicFamily
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.world import World


@pytest.mark.feature("SY09")
@pytest.mark.promise("P1", "P7")
async def test_findings_become_hazards_once_and_what_can_not_is_answered_on_the_same_topic(world: World) -> None:
    task = inspection(f"RW2026-{secrets.token_hex(5).upper()}")
    now = datetime.now(UTC)
    today: dict[str, Any] = {"found_on": now.date()}
    good = published(found(finding("1", **today), of=task, at=now))
    bad = published(found(finding("2", sector="no_such_sector", **today), of=task, at=now))
    last = published(found(finding("3", **today), of=task, at=now))
    await world.publish(TopicFamily.TASK, good, good, bad, good, bad, last)

    async def all_there() -> None:
        items = (await world.get("/v1/hazards", task=task.number)).json()["items"]
        assert sorted(item["reference"] for item in items) == [f"{task.number}/1", f"{task.number}/3"]
        assert {item["version"] for item in items} == {1}

    def told() -> None:
        said = [decode(event) for event in world.topic(TopicFamily.HAZARD)]
        refused = [data for data in said if isinstance(data, FindingRejected) and data.task.id == task.task_id]
        assert [(one.reference, one.code) for one in refused] == [("2", "unknown-term")]
        registered = [data for data in said if isinstance(data, HazardRegistered)]
        mine = [data for data in registered if data.hazard.found_by and data.hazard.found_by.task_id == task.task_id]
        assert len(mine) == 2

    await chassis_testing.eventually(all_there, 120)
    await chassis_testing.eventually(told, 120)
