"""The sandbox's topic on a real broker, behind a door that cuts and delays: who does right is certified, by any client."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer, KafkaException, Producer

from duban_contracts.conformance.sandbox.evidence import Answered, Produced, Record
from duban_contracts.conformance.sandbox.judge import debts, judge
from duban_contracts.conformance.sandbox.script import ESSENTIAL
from tests.contract.sandbox_topic import COUNTY, Sandbox

pytestmark = pytest.mark.feature("SY64")
EVENTS = 8


@pytest.fixture(params=[1, 2])
def sandbox(request: pytest.FixtureRequest, kafka_bootstrap: str) -> Iterator[Sandbox]:
    running = Sandbox(kafka_bootstrap, request.param)
    yield running
    running.close()


def record(number: int) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    reference = f"S-{number}"
    data = {
        "county": COUNTY,
        "reference": reference,
        "channel": "inspection",
        "sector": "hazchem",
        "enterprise": {"name": "示例化工有限公司"},
        "place": "储罐区东侧",
        "description": "可燃气体探测器失效",
        "found_on": "2026-11-20",
    }
    named = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "/county/140502/s",
        "type": "duban.hazard.reported.v1",
    }
    headers = [(f"ce_{name}", value.encode()) for name, value in named.items()]
    return reference, json.dumps(data, ensure_ascii=False).encode(), [*headers, ("content-type", b"application/json")]


def by_librdkafka(sandbox: Sandbox, **means: object) -> None:
    """Write one after the other; what the client gives up is given up."""
    settings: dict[str, Any] = {"bootstrap.servers": sandbox.topic.address, "linger.ms": 0, **means}
    producer = Producer(settings)
    for number in range(EVENTS):
        key, value, headers = record(number)
        with suppress(KafkaException):
            producer.produce(sandbox.topic.claims, value, key, headers=list(headers))
        producer.flush(60)


async def by_aiokafka(sandbox: Sandbox) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=sandbox.topic.address, enable_idempotence=True, acks="all")
    await producer.start()
    for number in range(EVENTS):
        key, value, headers = record(number)
        await producer.send_and_wait(sandbox.topic.claims, value, key.encode(), headers=headers)
    await producer.stop()


def read_answers(sandbox: Sandbox) -> None:
    """Read the feedback topic through the same door, as a group that commits."""
    sandbox.until(lambda: sandbox.seen(Answered) >= EVENTS)
    group: dict[str, Any] = {
        "bootstrap.servers": sandbox.topic.address,
        "group.id": f"county-{COUNTY}.{secrets.token_hex(4)}",
    }
    consumer = Consumer(group | {"auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([sandbox.topic.feedback])
    known: set[object] = set()

    def all_read() -> bool:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            known.update(header[1] for header in message.headers() or () if header[0] == "ce_id")
            consumer.commit(message=message, asynchronous=False)
        return len(known) == EVENTS and not debts(sandbox.city.evidence)

    sandbox.until(all_read)
    consumer.close()


@pytest.mark.parametrize("client", ["librdkafka", "aiokafka"])
async def test_a_publisher_that_writes_idempotently_is_certified_over_cuts_and_lost_answers(
    sandbox: Sandbox, client: str
) -> None:
    if client == "aiokafka":
        await by_aiokafka(sandbox)
    else:
        await asyncio.to_thread(by_librdkafka, sandbox, **{"enable.idempotence": True, "acks": "all"})
    await asyncio.to_thread(read_answers, sandbox)
    await asyncio.to_thread(sandbox.close)
    evidence = sandbox.city.evidence
    assert {fact.act for fact in evidence if isinstance(fact, Produced)} >= ESSENTIAL
    records = [fact for fact in evidence if isinstance(fact, Record)]
    assert [fact.event.id for fact in records] == [f"e-{number}" for number in range(EVENTS)], "once each, in order"
    assert {fact.partition for fact in records} == {0}
    assert judge(evidence) == []


def test_who_gives_up_or_does_not_number_its_records_is_not_certified(sandbox: Sandbox) -> None:
    by_librdkafka(sandbox, **{"enable.idempotence": False, "acks": "1", "retries": 0})
    sandbox.until(lambda: sandbox.seen(Record) > 0)
    sandbox.close()
    found = {fault.code for fault in judge(sandbox.city.evidence)}
    assert "not-idempotent" in found
    assert sandbox.seen(Record) < EVENTS, "what was withheld and given up never came"


def test_who_goes_round_the_door_has_met_nothing(sandbox: Sandbox, kafka_bootstrap: str) -> None:
    producer = Producer({"bootstrap.servers": kafka_bootstrap, "enable.idempotence": True})
    for number in range(EVENTS):
        key, value, headers = record(number)
        producer.produce(sandbox.topic.claims, value, key, headers=list(headers))
    producer.flush(60)
    sandbox.until(lambda: sandbox.seen(Record) == EVENTS)
    sandbox.close()
    assert any("没有经过沙箱" in fault.message for fault in judge(sandbox.city.evidence))
