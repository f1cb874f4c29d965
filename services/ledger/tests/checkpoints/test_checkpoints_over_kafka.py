"""A running ledger on real Kafka: every county gets the checkpoint, and its copy of the topic verifies (promise P4)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent, to_kafka
from duban_contracts.codec import decode
from duban_contracts.events.checkpoints import LedgerCheckpointSigned
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import connect
from services.chassis.testing import kafka as chassis_testing
from services.ledger.checkpoints.handlers.keys import keys_of
from services.ledger.checkpoints.handlers.signing import Signing
from services.ledger.checkpoints.jobs import make_checkpoint
from services.ledger.tests.people import COUNTIES, HOME
from services.ledger.tests.world import World


def captured(topic: str, event: CloudEvent) -> bytes:
    """A record as `kcat -J` prints it."""
    key, value, headers = to_kafka(event)
    flat = [text for name, raw in headers for text in (name, raw.decode())]
    return msgspec.json.encode(
        {"topic": topic, "partition": 0, "key": (key or b"").decode(), "headers": flat, "payload": value.decode()}
    )


@pytest.mark.promise("P4")
async def test_a_countys_topic_brings_all_that_it_needs_to_check_its_hazards(
    world: World, checkpoint_key: Path, tmp_path: Path
) -> None:
    hazard = await world.confirmed()
    keys = keys_of(checkpoint_key, "140500")
    prefix = world.settings.topic_prefix
    topics = [f"{prefix}{TopicFamily.CHECKPOINT}", *(feedback_topic(county, prefix) for county in COUNTIES)]
    database = await connect(world.settings.postgres_dsn, application_name="test", max_size=2)
    try:
        signing = Signing(clock=SystemClock(), keys=keys, topics=topics)

        async def is_signed() -> None:
            # False while a writer of history is at work for long, which a busy machine makes of any.
            assert await make_checkpoint(database, signing=signing)

        await chassis_testing.eventually(is_signed)
    finally:
        await database.close()

    def told() -> None:
        for topic in topics:
            said = [decode(event) for _, event in world.read[topic]]
            assert sum(isinstance(data, LedgerCheckpointSigned) for data in said) == 1, topic
        copied = [e for e in world.feedback() if (e.subject, e.aggregateversion) == (hazard["hazard_id"], 2)]
        assert len(copied) == 1

    await chassis_testing.eventually(told)
    home = feedback_topic(HOME, prefix)
    (tmp_path / "feedback.jsonl").write_bytes(b"\n".join(captured(home, event) for event in world.feedback()))
    answer = await world.get(f"/v1/hazards/{hazard['number']}/history/2/proof", "machine")
    assert answer.status_code == 200, answer.text
    (tmp_path / "2.tlog-proof").write_text(answer.text)
    words = ["--key", *keys.verifier_keys(), str(tmp_path / "feedback.jsonl"), str(tmp_path / "2.tlog-proof")]
    verifying = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "duban_contracts", "verify", *words, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await verifying.communicate()
    assert verifying.returncode == 0, said.decode()
    assert f"{hazard['hazard_id']} v2 在检查点" in said.decode()
