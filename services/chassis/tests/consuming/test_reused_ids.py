"""One source and id, one content: a repetition is harmless, and other content under a known id never vanishes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

import msgspec
import pytest

from duban_contracts.cloudevents import CloudEvent, to_kafka
from duban_contracts.codec import decode, encode
from duban_contracts.events.claims import TaskReported
from duban_contracts.testing.claims import example, sent
from services.chassis.consuming import inbox
from services.chassis.consuming.batches import RefusedRecord
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish
from services.chassis.testing.workers import rectified

pytestmark = pytest.mark.promise("P1")


class Answers:
    """Keeps what the consumer refused."""

    def __init__(self) -> None:
        self.given: list[tuple[str, str]] = []

    async def __call__(self, _: Connection, refused: Sequence[RefusedRecord]) -> None:
        for one in refused:
            assert one.event is not None
            self.given.append((one.event.id, one.why.code))


def under(event_id: str, event: CloudEvent) -> CloudEvent:
    return msgspec.structs.replace(event, id=event_id)


@pytest.mark.parametrize("at_once", [True, False])
async def test_other_content_under_a_known_id_is_refused_and_kept(in_process: InProcess, at_once: bool) -> None:  # noqa: FBT001
    answers, topic = Answers(), f"{in_process.prefix}in"
    first, other, after = under("1", rectified("K1")), under("1", rectified("K1", measures="else")), rectified("K1")
    async with working(in_process.consumer(refuse=answers, max_records=10 if at_once else 1).run):
        await publish(in_process.bootstrap, topic, [first, first, other, other, after])
        assert await in_process.effects(2) == ["1", after.id]
        await eventually(lambda: _given(answers, 2))
    assert answers.given == [("1", "id-reused")] * 2
    assert await in_process.value("SELECT count(*) FROM dead_letter WHERE refused AND code = 'id-reused'") == 2


async def test_the_same_content_in_another_layout_is_a_repetition(in_process: InProcess) -> None:
    answers, topic = Answers(), f"{in_process.prefix}in"
    event = rectified("K1")
    document = msgspec.json.decode(event.data)
    spaced = msgspec.json.format(msgspec.json.encode(dict(reversed(document.items()))), indent=2)
    again = msgspec.structs.replace(event, data=spaced)
    last = rectified("K1")
    async with working(in_process.consumer(refuse=answers).run):
        await publish(in_process.bootstrap, topic, [event, again, last])
        assert await in_process.effects(2) == [event.id, last.id]
    assert answers.given == []


async def test_an_id_taken_in_before_digests_were_kept_repeats_harmlessly(in_process: InProcess) -> None:
    answers, topic = Answers(), f"{in_process.prefix}in"
    async with working(in_process.consumer(refuse=answers).run):
        await publish(in_process.bootstrap, topic, [under("1", rectified("K1"))])
        await in_process.effects(1)
        async with in_process.database.acquire() as connection:
            await connection.execute("UPDATE inbox SET digest = NULL")
        last = rectified("K1")
        await publish(in_process.bootstrap, topic, [under("1", rectified("K1", measures="else")), last])
        assert await in_process.effects(2) == ["1", last.id]
    assert answers.given == []


async def test_two_instances_that_claim_one_id_at_once_agree_on_what_was_said_first(in_process: InProcess) -> None:
    said = rectified("K1")
    mine, same, other = [_delivery(under("1", event)) for event in (said, said, rectified("K1", measures="else"))]
    async with in_process.database.transaction() as first:
        assert (await inbox.claim(first, "worker", [mine])).new == [mine]
        late = [asyncio.create_task(_claimed(in_process, each)) for each in (same, other)]
        await eventually(lambda: _waiting(in_process, len(late)))
    assert [await each for each in late] == [([], []), ([], [other])]


async def test_figures_in_another_order_are_a_repetition_also_of_what_a_release_before_kept(
    in_process: InProcess,
) -> None:
    first, again, other = (_filed(figures) for figures in ('{"bb":2,"aa":1}', '{"aa":1,"bb":2}', '{"aa":1,"bb":3}'))
    assert await _claimed(in_process, first) == ([first], [])
    assert [await _claimed(in_process, each) for each in (again, other)] == [([], []), ([], [other])]
    as_sent = sha256(first.event.type.encode() + b"\n" + encode(first.data)).digest()
    async with in_process.database.acquire() as connection:
        await connection.execute("UPDATE inbox SET digest = $1", as_sent)
    assert [await _claimed(in_process, each) for each in (first, other)] == [([], []), ([], [other])]


def _filed(figures: str) -> Delivery:
    data = example(TaskReported, today=date(2026, 11, 21), figures={})
    event = sent(data, event_id="f-1")
    assert event.data.count(b'"figures":{}') == 1
    return _delivery(
        msgspec.structs.replace(event, data=event.data.replace(b'"figures":{}', b'"figures":' + figures.encode()))
    )


async def _claimed(in_process: InProcess, delivery: Delivery) -> tuple[list[Delivery], list[Delivery]]:
    async with in_process.database.transaction() as connection:
        claimed = await inbox.claim(connection, "worker", [delivery])
    return claimed.new, claimed.reused


async def _waiting(in_process: InProcess, number: int) -> None:
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    assert await in_process.value(waits) == number


def _delivery(event: CloudEvent) -> Delivery:
    key, value, headers = to_kafka(event)
    return Delivery(RawRecord("in", 0, 0, datetime.now(UTC), key, value, headers), event, decode(event))


def _given(answers: Answers, number: int) -> None:
    assert len(answers.given) == number
