"""The changelog in rounds: the newest value of each key goes out, and nobody is told so before the broker has it."""

from __future__ import annotations

import asyncio

import pytest

from services.statistics.stream.handlers.rounds import ChangelogRounds, Newest

pytestmark = pytest.mark.promise("P5")


class Topic:
    """A changelog that acknowledges a round when the test says so."""

    def __init__(self) -> None:
        self.rounds: list[Newest] = []
        self.arrived = asyncio.Event()
        self.acknowledged = asyncio.Event()
        self.away = False

    async def send(self, newest: Newest) -> None:
        self.rounds.append(newest)
        self.arrived.set()
        await self.acknowledged.wait()
        if self.away:
            raise ConnectionError("the broker is away")


async def test_of_what_was_set_meanwhile_the_newest_value_of_each_key_is_sent_once() -> None:
    topic = Topic()
    topic.acknowledged.set()
    rounds = ChangelogRounds(topic.send)
    writes = [rounds.put(key, value, partition=3) for key, value in ((b"a", b"1"), (b"b", b"1"), (b"a", b"2"))]
    await asyncio.gather(*writes)
    assert topic.rounds == [{b"a": (3, b"2"), b"b": (3, b"1")}]


async def test_what_is_set_while_a_round_is_under_way_waits_for_the_next_ones_acknowledgement() -> None:
    topic = Topic()
    rounds = ChangelogRounds(topic.send)
    first = rounds.put(b"a", b"1", partition=0)
    await topic.arrived.wait()
    second = rounds.put(b"a", b"2", partition=0)
    topic.acknowledged.set()
    await first
    assert not second.done()
    await second
    assert topic.rounds == [{b"a": (0, b"1")}, {b"a": (0, b"2")}]


async def test_who_waits_for_a_round_that_fails_hears_why_and_the_next_one_is_tried() -> None:
    topic = Topic()
    topic.acknowledged.set()
    topic.away = True
    rounds = ChangelogRounds(topic.send)
    with pytest.raises(ConnectionError):
        await rounds.put(b"a", b"1", partition=0)
    topic.away = False
    await rounds.put(b"a", b"2", partition=0)
    assert topic.rounds[-1] == {b"a": (0, b"2")}
