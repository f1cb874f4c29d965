"""The sandbox certifies who does right, and names what each careless publisher does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.tests.publishers import (
    Blind,
    Changing,
    Deaf,
    Http,
    Impatient,
    NewIds,
    NoRetry,
    Overtaking,
    Publisher,
    Virtual,
    life,
    report,
)
from duban_contracts.conformance import sandbox
from duban_contracts.conformance.__main__ import main
from duban_contracts.conformance.sandbox import records
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.evidence import Record, Seen, Written, as_lines, from_lines
from duban_contracts.conformance.sandbox.gateway import Gateway
from duban_contracts.conformance.sandbox.judge import debts, judge
from duban_contracts.conformance.sandbox.script import Act, Script
from duban_contracts.conformance.sandbox.topic import SandboxTopic

COUNTY = "140502"


def city(seed: int = 1) -> City:
    return City(COUNTY, "the key", Script(seed))


def singly(count: int = 12) -> list[list[dict[str, Any]]]:
    return [[event] for number in range(count) for event in life(number)]


def codes(found: City) -> set[str]:
    return {fault.code for fault in judge(found.evidence)}


@pytest.mark.parametrize("seed", range(20))
def test_a_good_publisher_is_certified_whatever_goes_wrong(seed: int) -> None:
    there = city(seed)
    Publisher(Virtual(there)).run(singly())
    assert judge(there.evidence) == []
    assert debts(there.evidence) == 0


def test_a_good_publisher_that_sends_one_batch_is_certified() -> None:
    there = city()
    Publisher(Virtual(there)).run([[report(number) for number in range(40)]])
    assert judge(there.evidence) == []


@pytest.mark.parametrize(
    ("careless", "named"),
    [
        (NewIds, "new-id-on-retry"),
        (NoRetry, "never-sent-again"),
        (Impatient, "impatient"),
        (Deaf, "refusal-not-read"),
        (Overtaking, "out-of-order"),
        (Changing, "content-changed"),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_careless_publisher_is_found_out_and_told_what_it_does(
    careless: type[Publisher], named: str, seed: int
) -> None:
    there = city(seed)
    careless(Virtual(there)).run(singly())
    assert named in codes(there)


def test_what_is_refused_at_once_has_to_be_mended_and_not_to_be_repeated() -> None:
    wrong = report(900, sector="alchemy")
    left, blind, mended = city(), city(), city()
    Publisher(Virtual(left)).run([*singly(), [wrong]])
    assert codes(left) == {"refused-and-left"}
    publisher = Publisher(Virtual(blind))
    publisher.run(singly())
    Blind(publisher.wire).send([wrong])
    assert "refused-sent-again" in codes(blind)
    Publisher(Virtual(mended)).run([*singly(), [wrong], [report(901, "CQ-0900", place="储罐区")]])
    assert codes(mended) == set()


def test_a_run_without_a_fault_or_with_few_events_certifies_nobody() -> None:
    assert codes(city()) == {"too-little-seen"}
    there = city()
    Publisher(Virtual(there)).run([[report(1)]])
    assert codes(there) == {"too-little-seen"}


def test_a_publisher_without_its_key_is_told() -> None:
    there = city()
    assert there.submit([], b"{}", 0.0).status == 401
    assert "unauthenticated" in codes(there)


def test_a_correction_that_takes_back_a_correction_is_no_new_id_of_a_retry() -> None:
    there = city()
    back = [[report(2, "CQ-1")], [report(3, "CQ-1", place="别处")], [report(4, "CQ-1", place="储罐区2")]]
    Publisher(Virtual(there)).run(
        [*singly(6), *[[event | {"id": f"b-{event['id']}"} for event in one] for one in back]]
    )
    assert codes(there) == set()


def test_a_request_that_the_gateway_can_make_nothing_of_is_named() -> None:
    there = city()
    Publisher(Virtual(there)).run(singly())
    headers = [(b"authorization", b"Bearer the key"), (b"content-type", b"text/plain")]
    assert there.submit(headers, b"x", 900.0).status == 415
    assert codes(there) == {"turned-away"}


def test_whoever_polls_does_not_fill_the_evidence() -> None:
    there = city()
    publisher = Publisher(Virtual(there))
    publisher.run(singly(3))
    count = len(there.evidence)
    publisher.read()
    publisher.wire.call("GET", "/v1/receipts?status=rejected")
    assert len(there.evidence) == count


def test_the_same_seed_does_the_same() -> None:
    first, again = Script(7), Script(7)
    acts = [first.next_act() for _ in range(200)]
    assert acts == [again.next_act() for _ in range(200)]
    assert set(acts[:2]) == {Act.UNAVAILABLE, Act.LOST}
    assert set(acts) == set(Act)


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


RIGHT = [*(record(number) for number in range(4, 12)), Written(at=20, partition=0, producers=1, sequenced=9)]


def test_right_records_are_certified() -> None:
    assert judge(RIGHT) == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (record(12, key=None), "key-not-reference"),
        (record(12, key="CQ-13"), "key-not-reference"),
        (record(12, reference="CQ-11", key="CQ-11", partition=2), "split-reference"),
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
    Publisher(Virtual(there)).run(singly())
    facts = [*there.evidence, *RIGHT]
    assert from_lines(as_lines(facts)) == facts


@pytest.mark.servers
def test_a_sandbox_that_cannot_begin_judges_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sandbox", "--county", COUNTY, "--output", str(tmp_path), "--port"]
    there = Gateway(city(), time.monotonic)
    try:
        assert main([*words, there.url.rpartition(":")[2]]) == 2
    finally:
        there.close()
    monkeypatch.setitem(sys.modules, "duban_contracts.conformance.sandbox.topic", None)
    monkeypatch.delattr(sandbox, "topic", raising=False)
    assert main([*words, "0", "--kafka", "127.0.0.1:1"]) == 2
    assert "duban-contracts[kit]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.servers
@pytest.mark.parametrize(
    ("publisher", "until", "exit_code"), [(Publisher, ("--events", "9"), 0), (NewIds, ("--until-quiet", "4"), 1)]
)
def test_the_command_certifies_from_outside_and_anybody_can_judge_again(
    tmp_path: Path, publisher: type[Publisher], until: tuple[str, str], exit_code: int
) -> None:
    command = [sys.executable, "-m", "duban_contracts.conformance", "sandbox", "--county", COUNTY, "--port", "0"]
    command += ["--key", "k", "--seed", "3", *until, "--output", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("GATEWAY=")
        publisher(Http(url, "k", time.sleep)).run([[report(n) for n in range(4)], [report(n) for n in range(4, 9)]])
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == exit_code, printed
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["certified"] is (exit_code == 0)
    paper = (tmp_path / "report.md").read_text()
    assert paper.startswith("# 事件报送系统符合性报告")
    assert told["evidence_sha256"] in paper
    assert ("符合，予以认证" if exit_code == 0 else "`new-id-on-retry`") in paper
    files = [str(tmp_path / "report.json"), str(tmp_path / "evidence.jsonl")]
    assert main(["verify", *files]) == exit_code
    (tmp_path / "report.json").write_text(json.dumps(told | {"certified": exit_code != 0}))
    assert main(["verify", *files]) == 2
    (tmp_path / "evidence.jsonl").write_bytes(b"")
    assert main(["verify", *files]) == 2


class KafkaPublisher:
    """Writes claims to the sandbox topic with librdkafka; each flag is a carelessness."""

    def __init__(self, bootstrap: str, topic: SandboxTopic, *, careless: bool) -> None:
        self.bootstrap, self.topic, self.careless = bootstrap, topic, careless

    def write(self, count: int) -> None:
        means = {"acks": 1} if self.careless else {"acks": "all", "enable.idempotence": True}
        producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5} | means)
        for number in range(count):
            event = report(number, f"CQ-{number // 2:04}")
            headers = {f"ce_{name}": event[name] for name in ("specversion", "id", "source", "type", "time")}
            where = {"partition": number % 3} if self.careless else {"key": event["data"]["reference"]}
            value = json.dumps(event["data"])
            producer.produce(self.topic.claims, value, headers=headers | {"content-type": "application/json"}, **where)
        assert producer.flush(20) == 0

    def read_answers(self) -> None:
        if self.careless:
            return
        group = {"group.id": self.topic.claims, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        consumer = Consumer({"bootstrap.servers": self.bootstrap} | group)
        last = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "ends"})
        _, end = last.get_watermark_offsets(TopicPartition(self.topic.feedback, 0), timeout=20)
        last.close()
        consumer.subscribe([self.topic.feedback])
        read = 0
        while read < end:
            for message in consumer.consume(500, timeout=1):
                assert message.error() is None
                read = message.offset() + 1
        consumer.commit(asynchronous=False)
        consumer.close()


CARELESS = {"key-not-reference", "split-reference", "not-idempotent", "refusal-not-read"}


@pytest.mark.parametrize("named", [set(), CARELESS])
def test_a_publisher_on_kafka_is_judged_by_what_it_wrote_and_read(
    kafka_bootstrap: str, topic_prefix: str, named: set[str]
) -> None:
    there, careless = city(seed=1), bool(named)
    topic = SandboxTopic(kafka_bootstrap, there, threading.Lock(), time.monotonic(), topic_prefix)
    publisher = KafkaPublisher(kafka_bootstrap, topic, careless=careless)
    publisher.write(20)
    until = time.monotonic() + 30
    while records.of(there.evidence) < 20 and time.monotonic() < until:
        topic.tend()
    publisher.read_answers()
    topic.close()
    # Partitions of one's own may, or may not, turn the order around as well.
    assert codes(there) - {"out-of-order"} == named
    assert careless or "out-of-order" not in codes(there)
