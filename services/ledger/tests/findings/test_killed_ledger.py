"""SIGKILL while findings are taken in: each is a hazard once, numbered without a gap, whatever is read again."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardRegistered
from duban_contracts.testing.findings import finding, found, inspection, published
from duban_contracts.topics import TopicFamily, city_topics
from services.chassis.testing.kafka import create_topics, eventually, publish, read_all
from services.chassis.testing.processes import process
from services.ledger.tests.people import COUNTIES

pytestmark = [pytest.mark.chaos, pytest.mark.promise("P1"), pytest.mark.feature("SY09")]
TASKS, EACH = 3, 4


@pytest.fixture
async def environment(kafka_bootstrap: str, topic_prefix: str, database: str, profile: Path) -> dict[str, str]:
    await create_topics(kafka_bootstrap, city_topics(COUNTIES, topic_prefix))
    return {
        "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": database,
        "DUBAN_TOPIC_PREFIX": topic_prefix,
        "DUBAN_PROFILE": str(profile),
    }


@pytest.mark.parametrize(
    "failpoint", ["consumer.applied", "consumer.before_database_commit", "consumer.database_committed"]
)
async def test_a_ledger_killed_over_findings_records_each_once(environment: dict[str, str], failpoint: str) -> None:
    bootstrap, prefix = environment["DUBAN_KAFKA_BOOTSTRAP"], environment["DUBAN_TOPIC_PREFIX"]
    now = datetime.now(UTC)
    events = [
        published(found(finding(str(n), found_on=now.date()), of=inspection(f"RW2026-{t:010d}"), at=now))
        for t in range(TASKS)
        for n in range(EACH)
    ]
    # The scheduler's relay may have died between the broker's ack and its own note of it, too.
    await publish(bootstrap, f"{prefix}{TopicFamily.TASK}", [*events, *events])
    async with process("ledger", environment, roles="consumer,relay", failpoint=failpoint) as victim:
        assert await asyncio.wait_for(victim.wait(), 120) == -signal.SIGKILL
    last = published(found(finding("last", found_on=now.date()), of=inspection("RW2026-9999999999"), at=now))
    await publish(bootstrap, f"{prefix}{TopicFamily.TASK}", [*events, last])

    async def everything_is_said() -> list[HazardRegistered]:
        said = await read_all(bootstrap, f"{prefix}{TopicFamily.HAZARD}")
        once = {event.id: decode(event) for event in said}
        registered = [data for data in once.values() if isinstance(data, HazardRegistered)]
        assert len(registered) >= TASKS * EACH + 1
        return registered

    async with process("ledger", environment, roles="consumer,relay"):
        registered = await eventually(everything_is_said, timeout=120)
        # What is read again behind the last finding changes nothing either.
        connection = await asyncpg.connect(environment["DUBAN_POSTGRES_DSN"])
        try:
            rows = await connection.fetch("SELECT number, reference FROM hazard")
        finally:
            await connection.close()
    assert len(registered) == len(rows) == TASKS * EACH + 1
    assert len({row["reference"] for row in rows}) == len(rows)
    assert sorted(int(row["number"].rpartition("-")[2]) for row in rows) == list(range(1, len(rows) + 1))
