"""Beside the rounds: who meets a lock of others waits for it, and nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
import pytest

from services.chassis.storage.beside import AtLocks
from services.chassis.storage.leaving import Client, ClientLeft, asked_by
from services.chassis.storage.rounds import MOST, Rounds, RoundsFull

pytestmark = pytest.mark.pure


@dataclass
class Held:
    """Says its numbers back, but for those that somebody holds; numbers with one last digit are about one thing."""

    held: set[int]
    rounds: list[list[int]] = field(default_factory=list)
    tries: list[int] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    knows: bool = True
    waits: asyncio.Event = field(default_factory=asyncio.Event)
    freed: asyncio.Event = field(default_factory=asyncio.Event)

    def rounds_of(self, *, most: int = MOST) -> Rounds[int, int]:
        at_locks = AtLocks(self.alone, self.again, held=self.who_is_held if self.knows else None)
        return Rounds(self.take, at_locks=at_locks, apart=lambda number: number % 10, most=most)

    async def take(self, asked: Sequence[int]) -> list[int]:
        self.rounds.append(list(asked))
        if self.held.intersection(asked):
            raise asyncpg.LockNotAvailableError("somebody holds it")
        await asyncio.sleep(0)
        return list(asked)

    async def alone(self, number: int) -> int:
        self.tries.append(number)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if number in self.held:
            raise asyncpg.LockNotAvailableError("somebody holds it")
        return number

    async def again(self, attempt: Callable[[], Awaitable[int | Exception]]) -> int | Exception:
        while True:
            try:
                return await attempt()
            except asyncpg.LockNotAvailableError:
                self.waits.set()
                await self.freed.wait()

    async def who_is_held(self, asked: Sequence[int]) -> list[int]:
        return [number for number in asked if number in self.held]

    def let_go(self) -> None:
        self.held.clear()
        self.freed.set()


async def test_a_lone_one_that_meets_a_lock_goes_on_beside_the_rounds() -> None:
    lock = Held({1})
    rounds = lock.rounds_of()
    held = asyncio.create_task(rounds.ask(1))
    await lock.waits.wait()
    assert [await rounds.ask(number) for number in (2, 3)] == [2, 3]
    assert not held.done()
    lock.let_go()
    assert await held == 1
    assert lock.rounds == [[1], [2], [3]]


async def test_who_shares_a_round_with_one_that_is_held_goes_into_the_next_round() -> None:
    lock = Held({1})
    rounds = lock.rounds_of()
    held, *others = (asyncio.create_task(rounds.ask(number)) for number in (1, 2, 3))
    assert await asyncio.gather(*others) == [2, 3]
    assert (lock.rounds, lock.tries) == ([[1, 2, 3], [2, 3]], [1])
    lock.let_go()
    assert await held == 1


async def test_what_comes_for_a_thing_that_is_held_waits_behind_it_and_costs_no_round_anything() -> None:
    lock = Held({1, 11, 21})
    rounds = lock.rounds_of()
    first = [asyncio.create_task(rounds.ask(number)) for number in (1, 11, 2, 12)]
    await lock.waits.wait()
    later = asyncio.create_task(rounds.ask(21))
    assert await rounds.ask(3) == 3
    lock.let_go()
    assert await asyncio.gather(*first, later) == [1, 11, 2, 12, 21]
    # 1 is tried alone and nobody else; whoever came for the same goes in rounds again, in turn.
    assert set(lock.tries) == {1}
    assert lock.rounds[0] == [1, 2]
    assert [each for each in lock.rounds[1:] if {11, 21}.intersection(each)] == [[11], [21]]


async def test_where_nobody_knows_who_is_held_each_of_the_round_is_tried_by_itself() -> None:
    lock = Held({1}, knows=False)
    rounds = lock.rounds_of()
    held, *others = (asyncio.create_task(rounds.ask(number)) for number in (1, 2, 3))
    assert await asyncio.gather(*others) == [2, 3]
    assert await rounds.ask(4) == 4
    lock.let_go()
    assert await held == 1
    assert lock.rounds[:4] == [[1, 2, 3], [1], [2], [3]]


async def test_those_who_wait_for_locks_are_few_at_a_time_and_take_no_turn_of_a_broken_round() -> None:
    lock = Held(set(range(1, 10)))
    rounds = lock.rounds_of()
    held = [asyncio.create_task(rounds.ask(number)) for number in range(1, 10)]
    await lock.waits.wait()
    assert await rounds.ask(10) == 10
    lock.let_go()
    assert await asyncio.gather(*held) == list(range(1, 10))
    assert lock.most <= 4


async def test_those_who_wait_beside_the_rounds_count_among_all_who_wait() -> None:
    lock = Held({1})
    rounds = lock.rounds_of()
    held = [asyncio.create_task(rounds.ask(1)) for _ in range(16 * MOST)]
    await lock.waits.wait()
    with pytest.raises(RoundsFull):
        await rounds.ask(2)
    lock.let_go()
    assert await asyncio.gather(*held) == [1] * 16 * MOST
    assert await asyncio.gather(*(rounds.ask(number) for number in range(16 * MOST))) == list(range(16 * MOST))


async def test_who_waits_for_a_lock_between_two_tries_is_dropped_when_its_client_leaves() -> None:
    lock, client = Held({1}), Client()
    rounds = lock.rounds_of()

    async def ask() -> int:
        with asked_by(client, reads=False):
            return await rounds.ask(1)

    asking = asyncio.create_task(ask())
    await lock.waits.wait()
    client.leave()
    with pytest.raises(ClientLeft):
        await asking
    lock.let_go()
    assert await rounds.ask(11) == 11
    assert lock.tries == [1]


async def test_where_the_lock_is_free_again_all_go_into_one_more_round() -> None:
    lock = Held({1})
    who_is_held = lock.who_is_held

    async def free_again(asked: Sequence[int]) -> list[int]:
        lock.held.clear()
        return await who_is_held(asked)

    lock.who_is_held = free_again  # type: ignore[method-assign]
    rounds = lock.rounds_of()
    assert await asyncio.gather(*(rounds.ask(number) for number in (1, 2, 3))) == [1, 2, 3]
    assert (lock.rounds, lock.tries) == ([[1, 2, 3], [1, 2, 3]], [])


async def test_clients_that_leave_a_held_thing_take_no_place_in_the_queue() -> None:
    lock = Held({1})
    rounds = lock.rounds_of()
    held = asyncio.create_task(rounds.ask(1))
    await lock.waits.wait()
    for _ in range(2 * 16):
        client = Client()

        async def ask(client: Client = client) -> int:
            with asked_by(client, reads=False):
                return await rounds.ask(1)

        asking = [asyncio.create_task(ask()) for _ in range(MOST // 2)]
        await asyncio.sleep(0)
        client.leave()
        assert all(isinstance(one, ClientLeft) for one in await asyncio.gather(*asking, return_exceptions=True))
    assert await rounds.ask(2) == 2
    lock.let_go()
    assert await held == 1


async def test_who_meets_a_lock_that_nobody_finds_breaks_no_more_than_two_rounds() -> None:
    lock = Held({1})

    async def nobody(asked: Sequence[int]) -> list[int]:
        return []

    lock.who_is_held = nobody  # type: ignore[method-assign]
    rounds = lock.rounds_of()
    held, first = (asyncio.create_task(rounds.ask(number)) for number in (1, 2))
    newcomers = []
    for number in (3, 4, 5):
        await asyncio.sleep(0)
        newcomers.append(asyncio.create_task(rounds.ask(number)))
    assert await asyncio.gather(first, *newcomers) == [2, 3, 4, 5]
    assert sum(len(each) > 1 and 1 in each for each in lock.rounds) <= 2
    assert not held.done()
    lock.let_go()
    assert await held == 1
