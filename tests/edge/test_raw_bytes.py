"""Bytes that nobody means, at both doors of a running platform: each is answered, and honest neighbours are served on.

Seeded: the same bytes each time. What a run finds goes into contracts/tests/cases as a case of its own.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

import httptools
import httpx
import pytest
from aiokafka.errors import KafkaError
from confluent_kafka import Producer

from deploy.local.settings import LOOPBACK
from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE, from_structured, to_kafka
from duban_contracts.topics import claims_topic
from services.chassis.testing.foreign import append_batch, batch_of, sealed
from services.chassis.testing.kafka import eventually
from tests.chaos.hostile.answers import Feedback, committed
from tests.deploy import running
from tests.edge.corpus import damaged, documents
from tests.edge.county import COUNTY, client_of, honest, is_recorded, report
from tests.edge.raw_http import ask, complaints, post

pytestmark = [pytest.mark.servers, pytest.mark.promise("P1"), pytest.mark.promise("P7"), pytest.mark.timeout(900)]

SEED: Final = 20261121
REQUESTS: Final = 500
AT_ONCE: Final = 16
# Half a request gets no answer; how long we wait for one decides nothing.
PATIENCE_SECONDS: Final = 0.5
# Fewer than hold a partition: here each is to be read.
RECORDS: Final = 600
BATCHES: Final = 60
CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
CONTENT_TYPES: Final = (STRUCTURED_CONTENT_TYPE, BATCH_CONTENT_TYPE, "application/json", "text/plain", "")


def requests(key: str) -> Iterator[tuple[bool, bytes]]:
    """Yield requests, and whether what they break is the event alone: then there is an answer, whatever it is."""
    dice, originals = random.Random(SEED), documents()
    for _ in range(REQUESTS):
        body = damaged(dice.choice(originals), originals, dice)
        headers = [
            (b"Authorization", b"Bearer " + key.encode()),
            (b"Content-Type", dice.choice(CONTENT_TYPES).encode()),
        ]
        if dice.random() < 0.3:
            value = damaged(b"duban.hazard.reported.v1", originals, dice)[:500]
            headers += [
                (b"ce-id", b"1"),
                (b"ce-source", b"/s"),
                (b"ce-specversion", b"1.0"),
                (b"ce-type", _line(value)),
            ]
        request = post(body, headers)
        if dice.random() < 0.4:
            yield False, damaged(request, originals, dice)
        else:
            yield all(byte >= 0x20 for byte in headers[-1][1]), request


def _line(value: bytes) -> bytes:
    return value.replace(b"\r", b"").replace(b"\n", b"")


async def test_whatever_bytes_come_over_http_are_answered_well_and_the_next_honest_request_is_taken(
    platform: running.Platform,
) -> None:
    port, turns = platform.settings.port("gateway"), asyncio.Semaphore(AT_ONCE)

    async def send(request: bytes, *, answered: bool) -> list[str]:
        async with turns:
            try:
                answers = await ask(LOOPBACK, port, request, patience=None if answered else PATIENCE_SECONDS)
            except (httptools.HttpParserError, TimeoutError) as error:
                return [f"{error!r} to {request!r}"]
        wrong = complaints(answers)
        if answered and len(answers) != 1:
            wrong.append(f"{len(answers)} answers")
        return [f"{one} to {request!r}" for one in wrong]

    async with client_of(platform) as client:
        sent = list(requests(platform.keys[f"county-{COUNTY}"]))
        for begin in range(0, len(sent), 50):
            part = sent[begin : begin + 50]
            found = await asyncio.gather(*(send(request, answered=answered) for answered, request in part))
            assert [one for each in found for one in each] == []
            receipt_id = await honest(client)
        await eventually(partial(is_recorded, client, receipt_id), timeout=300)


def records() -> Iterator[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]]:
    """Yield keys, values and headers: one right event each, of which something is damaged."""
    dice, originals = random.Random(SEED), documents()
    for number in range(RECORDS):
        event = from_structured(json.dumps(report(f"fuzz-{number}")).encode())
        key, value, right = to_kafka(event)
        headers: list[tuple[str, bytes | None]] = [*right]
        match dice.randrange(5):
            case 0:
                yield key, damaged(value, originals, dice), headers
            case 1:
                place = dice.randrange(len(headers))
                name, held = headers[place]
                headers[place] = (name, damaged(held or b"", originals, dice)[:2000])
                yield key, value, headers
            case 2:
                odd = [("x-other", dice.randbytes(20)), ("CE_ID", b"2"), ("ce_source", None), ("content-type", b"\xff")]
                yield damaged(key or b"", originals, dice)[:2000], value, [*headers, dice.choice(odd)]
            case 3:
                del headers[dice.randrange(len(headers))]
                yield None, dice.choice([value, None, b"", damaged(dice.choice(originals), originals, dice)]), headers
            case _:
                structured: list[tuple[str, bytes | None]] = [("content-type", STRUCTURED_CONTENT_TYPE.encode())]
                yield key, damaged(dice.choice(originals), originals, dice), structured


def batches() -> Iterator[bytes]:
    """Yield record batches of format v2 with right checksums, of which bytes inside are damaged."""
    dice = random.Random(SEED)
    for number in range(BATCHES):
        event = from_structured(json.dumps(report(f"batch-{number}")).encode())
        whole = batch_of([event], extra={b"x-\xc3\x28\xff": dice.randbytes(9)}, codec=dice.choice((0, 1)))
        if number % 3:
            inside = bytearray(whole)
            for _ in range(dice.randint(1, 4)):
                inside[dice.randrange(61, len(inside))] = dice.randrange(256)
            whole = bytes(inside)
        yield sealed(whole)


async def test_whatever_records_come_over_kafka_each_is_answered_and_the_partition_goes_on(
    platform: running.Platform,
) -> None:
    bootstrap, topic = platform.settings.kafka_bootstrap, claims_topic(COUNTY, platform.settings.topic_prefix)
    await asyncio.to_thread(_produce, bootstrap, topic)
    taken = 0
    for batch in batches():
        try:
            await append_batch(bootstrap, topic, 0, batch)
        except (KafkaError, AssertionError):
            continue  # the broker itself takes no such batch
        taken += 1
    assert taken >= BATCHES // 3
    async with client_of(platform) as client:
        await eventually(partial(is_recorded, client, await honest(client)), timeout=300)
    seen = await committed(bootstrap, topic)
    feedback = await Feedback.read(bootstrap, COUNTY, platform.settings.topic_prefix)
    unanswered = [
        offset
        for offset, receipt in seen.items()
        if not feedback.at(f"{topic}/0/{offset}") and not (receipt and feedback.under(receipt))
    ]
    assert (len(seen) >= RECORDS, unanswered) == (True, [])
    assert given_up(platform) == {}


def _produce(bootstrap: str, topic: str) -> None:
    producers = [
        Producer({"bootstrap.servers": bootstrap, "compression.type": codec, "linger.ms": 20}) for codec in CODECS
    ]
    failed: list[object] = []

    def delivered(error: object, _: object) -> None:
        if error is not None:
            failed.append(error)

    for number, (key, value, headers) in enumerate(records()):
        named: list[Any] = headers
        producers[number % len(producers)].produce(topic, value, key, headers=named, on_delivery=delivered)
    for producer in producers:
        assert producer.flush(60) == 0
    assert failed == []


def given_up(platform: running.Platform) -> dict[str, str]:
    """What the ledger's reader of claims failed on by itself: a bug of ours, not a county's."""
    exposition = httpx.get(f"{platform.url('ledger')}/metrics", timeout=60).text
    wanted = 'duban_consumer_events_total{consumer="ledger.claims",outcome="dead_lettered"}'
    lines: Sequence[str] = [line for line in exposition.splitlines() if line.startswith(wanted)]
    return {name: value for name, value in (line.rsplit(" ", 1) for line in lines) if float(value)}
