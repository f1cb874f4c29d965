"""Who may wait, for how long, and what ends it: by a clock that a test turns."""

from __future__ import annotations

import asyncio

import pytest

from services.chassis.tests.web.board import Board, settle, wish_of
from services.chassis.web.observed import WAITED
from services.chassis.web.problems import Problem
from services.chassis.web.waiters import Place

pytestmark = pytest.mark.pure


async def test_a_commit_lets_those_go_that_wait_for_it_and_nobody_else() -> None:
    board = Board()
    first, second, other, later = board.wait("a"), board.wait("a"), board.wait("b"), board.wait("a", known=7)
    await settle()
    board.waiters.tell("a", 7)
    assert (await first, await second) == (7, 7)
    assert not other.done()
    assert not later.done()
    assert board.looked == []
    board.waiters.close()


async def test_what_another_process_committed_is_found_by_one_look_for_all() -> None:
    board = Board()
    waiting = [board.wait(name) for name in ("a", "a", "b")]
    await settle()
    board.stands["a"] = 1
    await board.clock.turn(0.25)
    assert [each.done() for each in waiting] == [True, True, False]
    assert board.looked == [{"a", "b"}]
    board.waiters.close()


async def test_news_that_came_while_the_row_was_read_are_not_missed() -> None:
    board = Board()
    with board.waiters.place("somebody", wish_of(10)) as place:
        place.watch("a")
        board.waiters.tell("a", 1)
        board.waiters.tell("a", 2)
        assert await place.until(lambda found: found > 1) == 2


async def test_time_is_up_after_what_was_wished_however_often_one_waits() -> None:
    board = Board()

    async def waiting(place: Place[str, int]) -> list[int | None]:
        place.watch("a")
        return [await place.until(lambda found: found > 0), await place.until(lambda found: found > 1)]

    with board.waiters.place("somebody", wish := wish_of(3)) as place:
        task = asyncio.create_task(waiting(place))
        await board.clock.turn(2)
        board.waiters.tell("a", 1)
        await board.clock.turn(0.75)
        assert not task.done()
        await board.clock.turn(0.25)
        assert await task == [1, None]
        assert await place.until(lambda found: found > 1) is None
    assert wish.request.scope[WAITED] > 0


async def test_whoever_wishes_to_wait_for_nothing_is_let_go_at_once() -> None:
    board = Board()
    assert await board.wait("a", wish=wish_of(0)) is None


async def test_nobody_looks_while_nobody_waits() -> None:
    board = Board()
    waiting = board.wait("a")
    await settle()
    board.waiters.tell("a", 1)
    await waiting
    await board.clock.turn(5)
    assert board.looked == []


async def test_a_caller_that_hangs_up_frees_its_place() -> None:
    board, gone = Board(most=1), asyncio.Event()
    waiting = board.wait("a", wish=wish_of(10, gone))
    await settle()
    with pytest.raises(Problem):
        await board.wait("a")
    gone.set()
    assert await waiting is None
    board.stands["a"] = 1
    following = board.wait("a")
    await board.clock.turn(0.25)
    assert await following == 1


async def test_a_database_that_is_away_is_waited_out_and_a_bug_is_raised() -> None:
    board = Board()
    board.stands["a"] = 1
    board.fails = [OSError("away")]
    waiting = board.wait("a")
    await board.clock.turn(0.5)
    assert await waiting == 1
    board.fails = [LookupError("a bug")]
    waiting = board.wait("a")
    await board.clock.turn(0.25)
    with pytest.raises(LookupError):
        await waiting
    waiting = board.wait("a")
    await board.clock.turn(0.25)
    assert await waiting == 1


async def test_an_account_has_so_many_places_and_all_together_have_so_many() -> None:
    board = Board(most=2, together=3)
    waiting = [board.wait("a", account=account) for account in ("one", "one", "other")]
    await settle()
    refused = {"one": 2, "other": 3}
    for account, limit in refused.items():
        with pytest.raises(Problem) as problem:
            await board.wait("a", account=account)
        assert (problem.value.status, problem.value.refusal.code) == (429, "too-many-waiting")
        assert problem.value.headers == {"Retry-After": "5"}
        assert str(limit) in problem.value.refusal.message
    board.waiters.tell("a", 1)
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    again = board.wait("a", account="one")
    await settle()
    assert not again.done()
    board.waiters.close()


async def test_a_place_that_is_held_counts_also_between_two_waits() -> None:
    board = Board(most=1)
    with board.waiters.place("one", held=True) as place:
        place.watch("a")
        waiting = asyncio.create_task(place.until(lambda found: found > 0, 15))
        await board.clock.turn(15)
        assert await waiting is None
        # Nobody comes between the look at what is left and the taking of it.
        with pytest.raises(Problem), board.waiters.place("one", held=True):
            pass
        assert board.waiters.waiting == 1
    board.waiters.check("one")


async def test_who_reads_no_news_for_long_keeps_the_newest_of_each_thing_alone() -> None:
    board = Board()
    with board.waiters.place("one", held=True) as place:
        place.watch("a")
        place.watch("b")
        for number in range(1000):
            board.waiters.tell("a", number)
        board.waiters.tell("b", 7)
        assert await place.until(lambda news: news < 999) == 7


async def test_closing_lets_everybody_go() -> None:
    board = Board()
    waiting = board.wait("a")
    await settle()
    board.waiters.close()
    assert await waiting is None
    assert await board.wait("a") is None
