"""A client that hangs up: its read is dropped, its command only while nothing of it has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from services.chassis.storage import leaving
from services.chassis.storage.leaving import Client, ClientLeft, asked_by, begun, in_line
from services.chassis.storage.rounds import Rounds

pytestmark = pytest.mark.pure


class Request:
    """A request that waits in a queue, then works, on behalf of a client."""

    def __init__(self, *, reads: bool = False) -> None:
        self.client = Client()
        self.is_first = asyncio.Event()
        self.may_end = asyncio.Event()
        self.at_work = asyncio.Event()
        self._reads = reads

    async def run(self) -> str:
        with asked_by(self.client, reads=self._reads):
            with in_line():
                await self.is_first.wait()
            begun()
            self.at_work.set()
            await self.may_end.wait()
            # A further transaction of the same command.
            with in_line():
                await asyncio.sleep(0)
            return "done"


async def _begin(request: Request) -> asyncio.Task[str]:
    task = asyncio.create_task(request.run())
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("reads", [False, True])
async def test_what_waits_in_a_queue_is_dropped_when_its_client_leaves(reads: bool) -> None:  # noqa: FBT001
    request = Request(reads=reads)
    task = await _begin(request)
    request.client.leave()
    with pytest.raises(ClientLeft):
        await task
    assert not request.at_work.is_set()


async def test_who_has_left_before_is_not_even_queued() -> None:
    request = Request()
    request.client.leave()
    request.is_first.set()
    with pytest.raises(ClientLeft):
        await request.run()


async def test_a_command_that_has_begun_goes_on_through_all_its_queues() -> None:
    request = Request()
    request.is_first.set()
    task = await _begin(request)
    await request.at_work.wait()
    request.client.leave()
    request.may_end.set()
    assert await task == "done"


async def test_a_read_is_dropped_wherever_it_is() -> None:
    request = Request(reads=True)
    request.is_first.set()
    task = await _begin(request)
    await request.at_work.wait()
    request.client.leave()
    with pytest.raises(ClientLeft):
        await task


async def test_who_is_cancelled_besides_is_cancelled_and_who_has_no_client_known_is_left_alone() -> None:
    request = Request()
    task = await _begin(request)
    task.cancel()
    request.client.leave()
    with pytest.raises(asyncio.CancelledError):
        await task
    with asked_by(None, reads=True), in_line():
        assert leaving.present() is None


async def test_a_round_leaves_out_whose_client_left_before_it_and_carries_out_the_rest() -> None:
    rounds_taken: list[list[int]] = []
    gate, began = asyncio.Event(), asyncio.Event()

    async def take(asked: Sequence[int]) -> list[int]:
        rounds_taken.append(list(asked))
        began.set()
        await gate.wait()
        return list(asked)

    rounds = Rounds(take)
    clients = {number: Client() for number in (1, 2, 3)}

    async def ask(number: int) -> int:
        with asked_by(clients[number], reads=False):
            return await rounds.ask(number)

    under_way = asyncio.create_task(ask(1))
    await began.wait()
    waiting = [asyncio.create_task(ask(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    clients[1].leave()
    clients[2].leave()
    gate.set()
    # The first is in its round: it is carried out, and its request ends as it would have.
    assert await under_way == 1
    assert await asyncio.gather(*waiting, return_exceptions=True) != [2, 3]
    assert waiting[0].exception().__class__ is ClientLeft
    assert waiting[1].result() == 3
    assert rounds_taken == [[1], [3]]


async def test_a_command_whose_first_round_was_carried_out_has_begun() -> None:
    async def take(asked: Sequence[int]) -> list[int]:
        return list(asked)

    rounds, client = Rounds(take), Client()

    async def twice() -> list[int]:
        with asked_by(client, reads=False):
            first = await rounds.ask(1)
            client.leave()
            return [first, await rounds.ask(2)]

    assert await twice() == [1, 2]


async def test_one_that_waits_by_itself_for_its_turn_is_dropped_too() -> None:
    held, alone = asyncio.Event(), list[int]()

    async def take(asked: Sequence[int]) -> list[int]:
        if len(asked) > 1:
            raise ValueError("spoilt")
        alone.extend(asked)
        await held.wait()
        return list(asked)

    rounds = Rounds(take)
    clients = [Client() for _ in range(6)]

    async def ask(number: int) -> int:
        with asked_by(clients[number], reads=False):
            return await rounds.ask(number)

    asking = [asyncio.create_task(ask(number)) for number in range(6)]
    while len(alone) < 4:  # noqa: ASYNC110 - four have a turn each
        await asyncio.sleep(0)
    for client in clients:
        client.leave()
    held.set()
    said = await asyncio.gather(*asking, return_exceptions=True)
    assert said[:4] == [0, 1, 2, 3]
    assert [type(one) for one in said[4:]] == [ClientLeft, ClientLeft]
    assert alone == [0, 1, 2, 3]
