"""A door before a broker: which bytes it understands and changes, and what it says against whom it cut off."""

from __future__ import annotations

import struct

import pytest

from duban_contracts.conformance.sandbox import records
from duban_contracts.conformance.sandbox.evidence import Evidence, Produced, Record, Seen
from duban_contracts.conformance.sandbox.frames import Address, Asked, Batch, answered, asked, batches
from duban_contracts.conformance.sandbox.script import Act


def text(value: str) -> bytes:
    return struct.pack("!h", len(value)) + value.encode()


def door(broker: Address) -> Address:
    return ("door", broker[1] + 1)


def batch(producer: int, sequence: int, count: int) -> bytes:
    tail = struct.pack("!ibihiqqqhii", 0, 2, 0, 0, count - 1, 0, 0, producer, 0, sequence, count) + b"records"
    return struct.pack("!qi", 0, len(tail)) + tail


def produce(*sent: bytes, acks: int = -1) -> bytes:
    raw = b"".join(sent)
    head = struct.pack("!hhi", 0, 8, 7) + text("client") + struct.pack("!h", -1) + struct.pack("!hi", acks, 30_000)
    return head + struct.pack("!i", 1) + text("t") + struct.pack("!iii", 1, 0, len(raw)) + raw


def test_every_batch_of_a_produce_request_is_told_by_how_its_producer_numbered_it() -> None:
    request = produce(batch(9, 0, 3), batch(-1, -1, 2), acks=1)
    assert asked(request) == Asked(0, 8)
    assert batches(request) == (1, [Batch("t", 9, 0, 3), Batch("t", -1, -1, 2)])


@pytest.mark.parametrize("cut", range(8, 43, 5))
def test_what_ends_too_early_is_no_request(cut: int) -> None:
    with pytest.raises(struct.error):
        batches(produce(batch(9, 0, 3))[:cut])


@pytest.mark.parametrize("version", [0, 1, 3, 8])
def test_brokers_are_named_by_their_doors_and_nothing_else_is_changed(version: int) -> None:
    throttle, rack = b"\0" * 4 * (version >= 3), struct.pack("!h", -1) * (version >= 1)

    def response(*brokers: Address) -> bytes:
        said = b"".join(struct.pack("!i", 1) + text(host) + struct.pack("!i", port) + rack for host, port in brokers)
        return b"corr" + throttle + struct.pack("!i", len(brokers)) + said + b"the rest"

    told = answered(Asked(3, version), response(("broker", 9092), ("other", 9093)), door)
    assert told == response(("door", 9093), ("door", 9094))


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_coordinator_is_named_by_its_door_and_one_that_is_not_there_is_left(version: int) -> None:
    head = (b"\0" * 4 if version else b"") + b"\0\0" + (text("why") if version else b"") + struct.pack("!i", 1)
    found = answered(Asked(10, version), b"corr" + head + text("broker") + struct.pack("!i", 9092), door)
    assert found == b"corr" + head + text("door") + struct.pack("!i", 9093)
    none = b"corr" + head + text("") + struct.pack("!i", -1)
    assert answered(Asked(10, version), none, door) == none


def versions(*entries: tuple[int, int, int], compact: bool) -> bytes:
    if not compact:
        return struct.pack("!i", len(entries)) + b"".join(struct.pack("!hhh", *entry) for entry in entries)
    return bytes([len(entries) + 1]) + b"".join(struct.pack("!hhh", *entry) + b"\0" for entry in entries)


@pytest.mark.parametrize("version", [0, 2, 3, 4])
def test_versions_that_cannot_be_read_here_are_hidden(version: int) -> None:
    broker = ((0, 0, 13), (1, 4, 18), (3, 0, 13), (10, 0, 6), (60, 0, 2))
    client = ((0, 0, 8), (1, 4, 18), (3, 0, 8), (10, 0, 2))
    response = b"corr\0\0" + versions(*broker, compact=version >= 3) + b"the rest"
    assert answered(Asked(18, version), response, door) == (
        b"corr\0\0" + versions(*client, compact=version >= 3) + b"the rest"
    )


def test_a_broker_that_does_not_know_the_version_answers_in_the_oldest() -> None:
    response = b"corr" + struct.pack("!h", 35) + versions((18, 0, 4), compact=False)
    assert answered(Asked(18, 9), response, door) == response


def test_all_other_answers_pass_as_they_are() -> None:
    assert answered(Asked(1, 11), b"corr and bytes", door) == b"corr and bytes"


def request(act: Act, *sent: tuple[int, int, int]) -> Produced:
    return Produced(at=0.0, act=act, acks=-1, batches=sent)


WRITTEN = [
    Record(at=1.0, partition=0, offset=n, key=f"R{n}", event=Seen(id=f"e{n}", source="s", type="t", reference=f"R{n}"))
    for n in range(5)
]


def owes(*facts: Produced) -> bool:
    evidence: Evidence = [*facts, *WRITTEN]
    named = {fault.code for fault in records.judge(evidence)}
    assert ("batch-never-sent-again" in named) is (records.debts(evidence) > 0)
    return "batch-never-sent-again" in named


@pytest.mark.parametrize("act", [Act.UNAVAILABLE, Act.BROKEN, Act.LIMITED, Act.LOST])
def test_what_was_cut_off_is_owed_until_the_same_batch_is_answered(act: Act) -> None:
    assert owes(request(act, (9, 0, 3)))
    assert owes(request(act, (9, 0, 3)), request(Act.ANSWER, (9, 3, 1)))
    assert owes(request(act, (9, 0, 3)), request(Act.ANSWER, (8, 0, 3)))
    assert not owes(request(act, (9, 0, 3)), request(Act.LOST, (9, 0, 3)), request(Act.SLOW, (9, 0, 3)))


def test_nobody_can_say_what_became_of_records_that_their_producer_did_not_number() -> None:
    assert not owes(request(Act.LOST, (-1, -1, 3)))
