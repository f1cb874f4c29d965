"""Who may wait, for how long, and what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.web.problems import Problem
from services.chassis.web.waiting import LONGEST_WAIT, Waiters, applied, preferred_wait


class Board:
    """What is ready, how often it was asked, and what goes wrong meanwhile."""

    def __init__(self) -> None:
        self.ready: set[str] = set()
        self.asked: list[set[str]] = []
        self.fails: list[Exception] = []
        self.waiters = Waiters(self.look, clock=SystemClock(), most=2, every=0.001)

    async def look(self, keys: Collection[str]) -> Collection[str]:
        self.asked.append(set(keys))
        if self.fails:
            raise self.fails.pop()
        return self.ready & set(keys)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("wait=10", 10),
        ("respond-async, WAIT=7", 7),
        ('wait="3"; foo=1', 3),
        ("wait=5, wait=9", 5),
        ("wait = 4", 4),
        ("wait=86400", LONGEST_WAIT),
        ("wait=999999999999", 0),
        ("wait=-1", 0),
        ("wait", 0),
        ("wait=soon", 0),
        ("await=3", 0),
    ],
)
def test_prefer_is_read_and_bounded_and_what_it_gets_wrong_is_ignored(header: str | None, seconds: int) -> None:
    assert preferred_wait(header) == seconds


def test_the_answer_says_what_was_heard() -> None:
    assert applied(9) == {"Vary": "Prefer", "Preference-Applied": "wait=9"}
    assert applied(0) == {"Vary": "Prefer"}


async def test_whoever_waits_is_let_go_as_soon_as_it_is_ready() -> None:
    board = Board()
    first, second = (asyncio.create_task(board.waiters.until_ready("a", 30)) for _ in range(2))
    other = asyncio.create_task(board.waiters.until_ready("b", 0.05))
    await asyncio.sleep(0.01)
    board.ready.add("a")
    assert (await first, await second, await other) == (True, True, False)
    assert board.asked[0] == {"a", "b"}


async def test_nobody_asks_while_nobody_waits() -> None:
    board = Board()
    assert not await board.waiters.until_ready("a", 0.01)
    await asyncio.sleep(0.01)
    asked = len(board.asked)
    await asyncio.sleep(0.01)
    assert len(board.asked) == asked


async def test_a_database_that_is_away_is_waited_out_and_a_bug_is_raised() -> None:
    board = Board()
    board.ready.add("a")
    board.fails = [OSError("away")]
    assert await board.waiters.until_ready("a", 30)
    board.fails = [LookupError("a bug")]
    with pytest.raises(LookupError):
        await board.waiters.until_ready("a", 30)
    assert await board.waiters.until_ready("a", 30)


async def test_an_account_has_so_many_places_and_takes_none_of_others() -> None:
    waiters = Board().waiters
    with waiters.place("one"), waiters.place("one"):
        with pytest.raises(Problem) as problem:
            waiters.check("one")
        assert (problem.value.status, problem.value.refusal.code) == (429, "too-many-waiting")
        assert problem.value.headers == {"Retry-After": "5"}
        waiters.check("other")
    waiters.check("one")


async def test_closing_lets_everybody_go() -> None:
    waiters = Board().waiters
    waiting = asyncio.create_task(waiters.until_ready("a", 30))
    await asyncio.sleep(0)
    waiters.close()
    assert not await waiting
    assert not await waiters.until_ready("a", 30)
