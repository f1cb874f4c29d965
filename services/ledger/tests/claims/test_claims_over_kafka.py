"""Counties' claims through real Kafka: once each, answered always, and told on in one order."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimOutcome, ClaimRecorded, ClaimRejected
from duban_contracts.events.hazards import HazardConfirmed, HazardEvent, HazardRegistered, HazardSubmitted
from duban_contracts.topics import TopicFamily, claims_topic
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.people import HOME
from services.ledger.tests.world import World, envelope, mended, new_reference, reported


@pytest.mark.feature("SY24")
@pytest.mark.promise("P1")
async def test_a_report_sent_again_makes_one_hazard_and_every_other_event_id_is_answered(world: World) -> None:
    reference = new_reference()
    first = envelope(reported(reference))
    await world.claim(first, first, envelope(reported(reference)), first, envelope(reported(reference)))
    answers = await world.answers(reference, 3)
    assert [a.outcome for a in answers if isinstance(a, ClaimRecorded)] == [
        ClaimOutcome.REGISTERED,
        ClaimOutcome.DUPLICATE,
        ClaimOutcome.DUPLICATE,
    ]
    hazard = await world.hazard(reference)
    assert hazard["version"] == 1
    assert {a.number for a in answers if isinstance(a, ClaimRecorded)} == {hazard["number"]}
    assert answers[0].receipt_id == str(first.identity(claims_topic(HOME, world.settings.topic_prefix)))


@pytest.mark.promise("P1")
async def test_two_keys_of_one_reference_taken_at_once_are_still_one_hazard(world: World) -> None:
    # A county may write under any record key, so that two partitions, and two instances, meet one reference.
    reference = new_reference()
    events = [msgspec.structs.replace(envelope(reported(reference)), partitionkey=f"k{i}") for i in range(12)]
    await asyncio.gather(*(world.claim(event) for event in events))
    answers = await world.answers(reference, 12)
    outcomes = sorted(a.outcome for a in answers if isinstance(a, ClaimRecorded))
    assert outcomes == ["duplicate"] * 11 + ["registered"]


@pytest.mark.promise("P7")
async def test_what_is_no_event_is_kept_with_its_bytes_and_answered_and_a_neighbour_goes_on(world: World) -> None:
    topic, right = claims_topic(HOME, world.settings.topic_prefix), new_reference()
    garbage = f"not json {new_reference()}".encode()
    broken = envelope(reported(new_reference()))
    broken = msgspec.structs.replace(broken, data=b'{"county": "140502"}')
    foreign_type = msgspec.structs.replace(broken, id=f"t-{right}", type="duban.no.such.v1", data=b"{}")
    producer = ReliableProducer(world.settings.kafka_bootstrap, "test")
    assert await producer.publish([OutboxMessage(topic, b"k", garbage, [])]) == [None]
    await producer.stop()
    await world.claim(broken, foreign_type, reported(right))

    async def check() -> None:
        rows = await world.pool.fetch("SELECT * FROM rejected_claim WHERE event_id IS NULL AND value = $1", garbage)
        assert [row["code"] for row in rows] == ["bad-envelope"]
        wrong = [broken.id, foreign_type.id]
        codes = await world.pool.fetch("SELECT code FROM rejected_claim WHERE event_id = ANY($1)", wrong)
        assert {row["code"] for row in codes} == {"missing-field", "unknown-event-type"}
        told = [decode(event) for event in world.feedback()]
        assert len([answer for answer in told if isinstance(answer, ClaimRejected) and answer.claim_id in wrong]) == 2

    await chassis_testing.eventually(check)
    assert (await world.hazard(right))["state"] == "reported"


@pytest.mark.promise("P2")
async def test_the_hazard_topic_tells_the_history_in_order_and_the_county_gets_its_copy(world: World) -> None:
    hazard = await world.confirmed()
    await world.claim(mended(hazard["reference"]))
    await world.hazard(hazard["reference"], version=3)

    def check() -> tuple[list[CloudEvent], list[CloudEvent]]:
        told = [e for e in world.topic(TopicFamily.HAZARD) if e.subject == hazard["hazard_id"]]
        copies = [
            e for e in world.feedback() if isinstance(decode(e), HazardEvent) and e.subject == hazard["hazard_id"]
        ]
        assert len(told) == 3
        assert len(copies) == 2
        return told, copies

    told, copies = await chassis_testing.eventually(check)
    assert [type(decode(e)) for e in told] == [HazardRegistered, HazardConfirmed, HazardSubmitted]
    assert [e.aggregateversion for e in told] == [1, 2, 3]
    assert {e.partitionkey for e in told} == {hazard["hazard_id"]}
    assert [(e.id, e.data) for e in copies] == [(e.id, e.data) for e in told[1:]]
    history = (await world.get(f"/v1/hazards/{hazard['number']}/history")).json()["items"]
    assert [item["event_id"] for item in history] == [e.id for e in told]
