"""What a publisher writes to the sandbox topic is judged by key, partition, order, writer, and whether it read the answers."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.tests.publishers import Publisher, Virtual, report
from duban_contracts.conformance.sandbox import records
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.evidence import Fact, Produced, Record, Seen, Written, as_lines, from_lines
from duban_contracts.conformance.sandbox.judge import judge
from duban_contracts.conformance.sandbox.script import Act, Script
from duban_contracts.conformance.sandbox.topic import SandboxTopic


def city() -> City:
    return City("140502", "the key", Script(1))


def record(number: int, **changes: Any) -> Record:
    event = Seen(
        id=f"e-{number}",
        source="/county/140502/vendor",
        type="duban.hazard.reported.v1",
        reference=f"CQ-{number}",
        content=f"{number:016}",
        time=f"2026-11-21T00:00:{number:02}Z",
    )
    fact = Record(at=float(number), partition=0, offset=number, event=event, key=event.reference)
    changed = {name: value for name, value in changes.items() if name in Record.__struct_fields__}
    seen = {name: value for name, value in changes.items() if name in Seen.__struct_fields__}
    return Record(
        **{name: getattr(fact, name) for name in Record.__struct_fields__}
        | changed
        | {"event": Seen(**{name: getattr(event, name) for name in Seen.__struct_fields__} | seen)}
    )


SENT = [
    Produced(at=float(at), act=act, acks=-1, batches=((7, 0, 9),))
    for at, act in enumerate((Act.UNAVAILABLE, Act.LOST, Act.ANSWER))
]
RIGHT: list[Fact] = [
    *SENT,
    *(record(number) for number in range(4, 12)),
    Written(at=20, partition=0, producers=1, sequenced=9),
]


def test_right_records_are_certified() -> None:
    assert judge(RIGHT) == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (record(12, key=None), "key-not-reference"),
        (record(12, key="CQ-13"), "key-not-reference"),
        (record(12, reference="CQ-11", key="CQ-11", time="2026-11-20T00:00:00Z"), "out-of-order"),
        (record(12, content=f"{11:016}", reference="CQ-11", key="CQ-11"), "new-id-on-retry"),
        (record(12, id="e-11", reference="CQ-11", key="CQ-11"), "content-changed"),
        (record(12, refused=("unknown-term",)), "refused-and-left"),
    ],
)
def test_a_wrong_record_is_named(wrong: Record, named: str) -> None:
    assert {fault.code for fault in judge([*RIGHT, wrong])} == {named}


@pytest.mark.parametrize(("producers", "sequenced"), [(0, 0), (1, 7)])
def test_records_that_no_idempotent_producer_wrote_are_named(producers: int, sequenced: int) -> None:
    told = Written(at=20, partition=0, producers=producers, sequenced=sequenced)
    assert {fault.code for fault in judge([*RIGHT[:-1], told])} == {"not-idempotent"}


def test_a_producer_that_began_to_count_anew_is_not_blamed() -> None:
    assert judge([*RIGHT[:-1], Written(at=20, partition=0, producers=1, sequenced=None)]) == []


def test_records_whose_writers_were_not_asked_for_prove_nothing_about_acks() -> None:
    assert {fault.code for fault in judge(RIGHT[:-1])} == {"too-little-seen"}


def test_evidence_is_read_as_it_was_written() -> None:
    there = city()
    Publisher(Virtual(there)).run([[report(number)] for number in range(9)])
    facts = [*there.evidence, *RIGHT]
    assert from_lines(as_lines(facts)) == facts


class KafkaPublisher:
    """Writes claims to the sandbox topic with librdkafka; each flag is a carelessness."""

    def __init__(self, topic: SandboxTopic, *, careless: bool) -> None:
        self.bootstrap, self.topic, self.careless = topic.address, topic, careless

    def write(self, count: int) -> None:
        means = {"acks": 1} if self.careless else {"acks": "all", "enable.idempotence": True}
        producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5} | means)
        for number in range(count):
            event = report(number, f"CQ-{number // 2:04}")
            headers = {f"ce_{name}": event[name] for name in ("specversion", "id", "source", "type", "time")}
            key = None if self.careless else event["data"]["reference"]
            value = json.dumps(event["data"])
            producer.produce(self.topic.claims, value, key, headers=headers | {"content-type": "application/json"})
        assert producer.flush(120) == 0

    def read_answers(self) -> None:
        if self.careless:
            return
        group = {"group.id": self.topic.claims, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        consumer = Consumer({"bootstrap.servers": self.bootstrap} | group)
        last = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "ends"})
        _, end = last.get_watermark_offsets(TopicPartition(self.topic.feedback, 0), timeout=60)
        last.close()
        consumer.subscribe([self.topic.feedback])
        read = 0
        while read < end:
            for message in consumer.consume(500, timeout=1):
                assert message.error() is None
                offset = message.offset()
                assert offset is not None
                read = offset + 1
        consumer.commit(asynchronous=False)
        consumer.close()


CARELESS = {"key-not-reference", "not-idempotent", "refusal-not-read"}


@pytest.mark.parametrize("named", [set(), CARELESS])
def test_a_publisher_on_kafka_is_judged_by_what_it_wrote_and_read(
    kafka_bootstrap: str, topic_prefix: str, named: set[str]
) -> None:
    there, careless = city(), bool(named)
    topic = SandboxTopic(kafka_bootstrap, there, threading.Lock(), time.monotonic(), topic_prefix, "127.0.0.1")
    publisher = KafkaPublisher(topic, careless=careless)
    publisher.write(20)
    until = time.monotonic() + 120
    while records.of(there.evidence) < 20 and time.monotonic() < until:
        topic.tend()
    publisher.read_answers()
    topic.close()
    # What is sent again without sequence numbers may, or may not, turn the order around as well.
    found = {fault.code for fault in judge(there.evidence)}
    assert found - {"out-of-order"} == named
    assert careless or "out-of-order" not in found
