"""Within a fetch session the broker is told and tells only what changed; what it leaves out is as it was, and nothing is missed."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v11

from services.chassis.consuming import fetch_sessions
from services.chassis.consuming.fetch_sessions import Sessions
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import publish
from services.chassis.testing.workers import rectified

ONE, OTHER, THIRD = (TopicPartition(f"county.14050{number}.v1", 0) for number in (1, 2, 3))
NODE, MOST, SESSION, FORGOTTEN = 1, 1000, 77, 70
# A request that names everything and begins a session.
WHOLE: Final = 0


class Client:
    """aiokafka's client: keeps what was asked and gives the answers that are laid ready (or makes them), else that nothing changed."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.answers: list[Any] = []

    async def send(self, _: int, request: FetchRequest) -> Any:
        self.asked.append(request.build(FetchRequest_v11))
        answer = self.answers.pop(0) if self.answers else answered()
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


def answered(*partitions: TopicPartition, session: int = SESSION, error: int = 0, throttled: int = 0) -> Any:
    topics = [(each.topic, [(each.partition, 0, 9, b"")]) for each in partitions]
    return SimpleNamespace(error_code=error, session_id=session, topics=topics, throttle_time_ms=throttled)


class Reader:
    """A fetcher's side: where each of its partitions stands, and when it was last heard of."""

    def __init__(self, *partitions: TopicPartition) -> None:
        self.client = Client()
        self._subscriptions = SimpleNamespace()
        self.assign(*partitions)
        self.sessions = Sessions(self.client, self._subscriptions, ConsumerOptions())

    def assign(self, *partitions: TopicPartition) -> None:
        self.states = {
            each: SimpleNamespace(position=7, has_valid_position=True, timestamp=None) for each in partitions
        }
        assignment = SimpleNamespace(tps=frozenset(partitions), state_value=self.states.get)
        self._subscriptions.subscription = SimpleNamespace(assignment=assignment)

    async def fetch(self, *partitions: TopicPartition) -> Any:
        wanted = [(each.topic, [(each.partition, self.states[each].position, MOST)]) for each in partitions]
        return await self.sessions.send(NODE, FetchRequest(500, 1, MOST, 1, wanted))

    def asked(self) -> tuple[int, int, Sequence[str], Sequence[str]]:
        """The last request: its session, its epoch, the topics that it names and those that it forgets."""
        last = self.client.asked[-1]
        named, forgotten = ([topic for topic, _ in topics] for topics in (last.topics, last.forgotten_topics_data))
        return last.session_id, last.session_epoch, named, forgotten


@pytest.fixture
async def reader() -> Reader:
    """One that has named all of its partitions."""
    reader = Reader(ONE, OTHER, THIRD)
    reader.client.answers = [answered(ONE, OTHER, THIRD)]
    await reader.fetch(ONE, OTHER, THIRD)
    return reader


@pytest.mark.pure
async def test_the_first_fetch_names_everything_and_the_next_ones_what_moved_and_what_is_left_out(
    reader: Reader,
) -> None:
    assert reader.asked() == (0, WHOLE, [ONE.topic, OTHER.topic, THIRD.topic], [])
    await reader.fetch(ONE, OTHER, THIRD)
    assert reader.asked() == (SESSION, 1, [], [])
    reader.states[OTHER].position = 8
    await reader.fetch(ONE, OTHER)
    assert reader.asked() == (SESSION, 2, [OTHER.topic], [THIRD.topic])
    await reader.fetch(ONE, OTHER, THIRD)
    assert reader.asked() == (SESSION, 3, [THIRD.topic], [])


@pytest.mark.pure
@pytest.mark.promise("P3")
async def test_a_partition_that_the_broker_leaves_out_was_heard_of_all_the_same(reader: Reader) -> None:
    reader.client.answers = [answered(OTHER, throttled=100), answered(OTHER)]
    await reader.fetch(ONE, OTHER)
    assert [state.timestamp for state in reader.states.values()] == [None, None, None]
    await reader.fetch(ONE, OTHER)
    heard = {partition for partition, state in reader.states.items() if state.timestamp is not None}
    assert heard == {ONE, OTHER}


@pytest.mark.pure
@pytest.mark.promise("P3")
async def test_behind_an_answer_that_the_fetcher_drops_everything_is_asked_for_anew(reader: Reader) -> None:
    """It drops what is said of a partition that was sought meanwhile, and the broker would not say it again."""

    def sought() -> Any:
        reader.states[OTHER].position = 3
        return answered(OTHER)

    reader.client.answers = [sought]
    await reader.fetch(ONE, OTHER, THIRD)
    await reader.fetch(ONE, OTHER, THIRD)
    assert reader.asked() == (SESSION, WHOLE, [ONE.topic, OTHER.topic, THIRD.topic], [])


@pytest.mark.pure
@pytest.mark.promise("P3")
async def test_a_new_assignment_is_told_of_all_its_partitions(reader: Reader) -> None:
    reader.assign(ONE, OTHER)
    await reader.fetch(ONE, OTHER)
    assert reader.asked() == (SESSION, WHOLE, [ONE.topic, OTHER.topic], [])


@pytest.mark.pure
async def test_behind_a_fetch_that_was_interrupted_everything_is_asked_for_anew(reader: Reader) -> None:
    reader.client.answers = [KafkaConnectionError()]
    with pytest.raises(KafkaConnectionError):
        await reader.fetch(ONE, OTHER)
    await reader.fetch(ONE, OTHER)
    assert reader.asked() == (SESSION, WHOLE, [ONE.topic, OTHER.topic], [])


@pytest.mark.pure
async def test_a_broker_that_forgot_the_session_is_asked_for_everything_at_once(reader: Reader) -> None:
    reader.client.answers = [answered(error=FORGOTTEN, session=0), answered(ONE, OTHER, session=SESSION + 1)]
    assert (await reader.fetch(ONE, OTHER)).session_id == SESSION + 1
    assert reader.asked() == (SESSION, WHOLE, [ONE.topic, OTHER.topic], [])
    reader.client.answers = [answered(error=FORGOTTEN), answered(error=FORGOTTEN)]
    with pytest.raises(KafkaError):
        await reader.fetch(ONE, OTHER)


@pytest.mark.pure
async def test_a_broker_that_keeps_no_session_for_us_is_told_everything_each_time() -> None:
    reader = Reader(ONE, OTHER)
    reader.client.answers = [answered(ONE, OTHER, session=0)]
    await reader.fetch(ONE, OTHER)
    await reader.fetch(ONE, OTHER)
    assert reader.asked() == (0, WHOLE, [ONE.topic, OTHER.topic], [])


async def test_nothing_is_missed_in_a_session_nor_when_the_broker_no_longer_knows_it(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    build, wrong = fetch_sessions._Asked.build, 5

    def noted(self: Any, version: Any) -> Any:
        """Note the epoch, and once name a session that the broker does not know."""
        struct = build(self, version)
        asked.append(struct.session_epoch)
        struct.session_id += len(asked) == wrong
        return struct

    monkeypatch.setattr(fetch_sessions._Asked, "build", noted)
    topic, events = f"{in_process.prefix}in", [rectified(f"K{number}") for number in range(9)]
    async with working(in_process.consumer(fetch_wait=0.0).run):
        for number, event in enumerate(events, start=1):
            await publish(in_process.bootstrap, topic, [event])
            assert len(await in_process.effects(number)) == number
    assert sorted(await in_process.effects(len(events))) == sorted(each.id for each in events)
    # In a session by then; behind the wrong one everything is asked for, and in the next session again what changed.
    assert asked[wrong - 1] > WHOLE
    assert asked[wrong : wrong + 2] == [WHOLE, 1]
