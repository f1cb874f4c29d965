"""Rounds: what is asked together is carried out together, and nobody can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.storage.rounds import MOST, Rounds, RoundsFull

pytestmark = pytest.mark.pure


class Poisoned(Exception):
    """Spoils the round that it is in."""


@dataclass
class Counter:
    """Adds what it is asked to, once each; -1 is refused by value, and 0 spoils its whole round."""

    rounds: list[list[int]] = field(default_factory=list)
    total: int = 0
    began: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    fails_with: Callable[[], Exception] = Poisoned

    async def take(self, asked: Sequence[int]) -> list[int | Exception]:
        self.rounds.append(list(asked))
        self.began.set()
        await self.gate.wait()
        if 0 in asked:
            raise self.fails_with()
        self.total += sum(number for number in asked if number > 0)
        return [ValueError(number) if number < 0 else number for number in asked]


async def _all(rounds: Rounds[int, int], numbers: Sequence[int]) -> list[int | BaseException]:
    return list(await asyncio.gather(*map(rounds.ask, numbers), return_exceptions=True))


def _told(said: Sequence[int | BaseException]) -> list[object]:
    return [type(one) if isinstance(one, BaseException) else one for one in said]


async def test_nothing_waits_when_nothing_is_under_way_and_what_comes_meanwhile_goes_together() -> None:
    counter = Counter()
    rounds = Rounds(counter.take)
    first = asyncio.create_task(rounds.ask(1))
    await counter.began.wait()
    others = [asyncio.create_task(rounds.ask(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    counter.gate.set()
    assert list(await asyncio.gather(first, *others)) == [1, 2, 3, 4]
    assert counter.rounds == [[1], [2, 3, 4]]


async def test_a_refusal_is_told_to_its_caller_alone() -> None:
    counter = Counter()
    counter.gate.set()
    assert _told(await _all(Rounds(counter.take), [1, -1, 2])) == [1, ValueError, 2]


async def test_a_round_that_fails_is_carried_out_one_by_one() -> None:
    counter = Counter()
    counter.gate.set()
    assert _told(await _all(Rounds(counter.take), [1, 0, 2])) == [1, Poisoned, 2]
    assert counter.rounds == [[1, 0, 2], [1], [0], [2]]
    assert counter.total == 3


async def test_a_round_whose_commit_may_have_happened_is_not_carried_out_again() -> None:
    counter = Counter(fails_with=lambda: asyncpg.ConnectionDoesNotExistError("closed in the middle"))
    counter.gate.set()
    gone = asyncpg.ConnectionDoesNotExistError
    assert _told(await _all(Rounds(counter.take), [1, 0, 2])) == [gone, gone, gone]
    assert counter.rounds == [[1, 0, 2]]


async def test_a_round_that_was_surely_rolled_back_is_carried_out_one_by_one_too() -> None:
    counter = Counter(fails_with=lambda: asyncpg.DeadlockDetectedError("chosen as the victim"))
    counter.gate.set()
    assert _told(await _all(Rounds(counter.take), [1, 0, 2])) == [1, asyncpg.DeadlockDetectedError, 2]


async def test_one_that_waits_alone_keeps_no_later_round_waiting() -> None:
    released = asyncio.Event()

    async def take(asked: Sequence[int]) -> list[int | Exception]:
        if 0 in asked and len(asked) > 1:
            raise asyncpg.LockNotAvailableError("somebody holds it")
        if 0 in asked:
            await released.wait()
        return list(asked)

    rounds = Rounds(take)
    held, neighbour = (asyncio.create_task(rounds.ask(number)) for number in (0, 1))
    assert await neighbour == 1
    assert await rounds.ask(2) == 2
    assert not held.done()
    released.set()
    assert await held == 0


async def test_when_too_much_waits_the_next_is_turned_away_at_once_and_nobody_else() -> None:
    counter = Counter()
    rounds = Rounds(counter.take)
    first = asyncio.create_task(rounds.ask(1))
    await counter.began.wait()
    most = 16 * MOST
    waiting = [asyncio.create_task(rounds.ask(number)) for number in range(2, 2 + most)]
    await asyncio.sleep(0)
    with pytest.raises(RoundsFull):
        await rounds.ask(2 + most)
    counter.gate.set()
    assert await asyncio.gather(first, *waiting) == list(range(1, 2 + most))
    assert await rounds.ask(3 + most) == 3 + most


async def test_of_two_about_one_thing_the_later_waits_for_a_later_round() -> None:
    counter = Counter()
    counter.gate.set()
    rounds = Rounds(counter.take, apart=lambda number: number % 10)
    assert await _all(rounds, [1, 11, 2, 21, 12]) == [1, 11, 2, 21, 12]
    assert counter.rounds == [[1, 2], [11, 12], [21]]


async def test_a_round_that_is_cut_off_leaves_nobody_waiting() -> None:
    async def take(_: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError

    rounds = Rounds(take, most=1)
    assert _told(await _all(rounds, [1, 2])) == [asyncio.CancelledError] * 2

    async def too_few(asked: Sequence[int]) -> list[int]:
        return list(asked)[1:]

    assert _told(await _all(Rounds(too_few), [1])) == [ValueError]


async def test_who_gives_up_before_the_round_is_left_out_and_who_gives_up_in_it_is_not() -> None:
    counter = Counter()
    rounds = Rounds(counter.take)
    under_way, waiting, stays = (asyncio.create_task(rounds.ask(number)) for number in (1, 2, 3))
    rounds_of_one = Rounds(counter.take, most=1)
    alone = asyncio.create_task(rounds_of_one.ask(4))
    while len(counter.rounds) < 2:  # noqa: ASYNC110 - two rounds set one event
        await asyncio.sleep(0)
    assert sorted(counter.rounds) == [[1, 2, 3], [4]]
    late = asyncio.create_task(rounds.ask(5))
    await asyncio.sleep(0)
    late.cancel()
    waiting.cancel()
    await asyncio.sleep(0)
    counter.gate.set()
    assert list(await asyncio.gather(under_way, stays, alone)) == [1, 3, 4]
    assert await rounds.ask(6) == 6
    assert counter.rounds[-1] == [6]
    assert [5] not in counter.rounds
    assert counter.total == 1 + 2 + 3 + 4 + 6


@given(weights=st.lists(st.integers(0, 12), max_size=30), most=st.integers(1, 8))
def test_a_round_weighs_no_more_than_it_may_but_for_one_that_does_so_alone(weights: list[int], most: int) -> None:
    async def play() -> None:
        rounds: list[list[int]] = []

        async def take(asked: Sequence[int]) -> list[int]:
            rounds.append(list(asked))
            return list(asked)

        assert await _all(Rounds(take, weight=lambda asked: asked, most=most), weights) == weights
        assert all(sum(each) <= most or (each[0] > most and sum(each[1:]) == 0) for each in rounds)
        assert sorted(number for each in rounds for number in each) == sorted(weights)

    asyncio.run(play())


@given(numbers=st.lists(st.integers(-2, 5), max_size=30), most=st.integers(1, 8))
def test_any_rounds_say_what_each_request_alone_would_hear(numbers: list[int], most: int) -> None:
    async def play() -> None:
        counter = Counter()
        counter.gate.set()
        said = await _all(Rounds(counter.take, most=most), numbers)
        assert _told(said) == [ValueError if n < 0 else Poisoned if n == 0 else n for n in numbers]
        assert counter.total == sum(number for number in numbers if number > 0)
        assert max(map(len, counter.rounds), default=0) <= most

    asyncio.run(play())
