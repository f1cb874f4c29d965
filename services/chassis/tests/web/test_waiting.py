"""Who may wait, for how long, and what ends it: by a clock that a test turns."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from services.chassis.process.clock import SystemClock
from services.chassis.web.conditional import parse_if_none_match
from services.chassis.web.observed import WAITED
from services.chassis.web.problems import Problem
from services.chassis.web.waiters import Place, Waiters
from services.chassis.web.waiting import LONGEST_WAIT, Wish, preferred_wait

pytestmark = pytest.mark.pure


class Turned(SystemClock):
    """A clock whose sleepers wake when it is turned that far, and not before."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock is turned by `seconds`."""
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.passed + seconds, sleeper))
        await sleeper

    async def turn(self, seconds: float) -> None:
        """Turn the clock, a look's rest at a time, and let everybody do what is to be done then."""
        await settle()
        until = self.passed + seconds
        while self.passed < until:
            self.passed = min(self.passed + 0.25, until)
            for at, sleeper in self._sleepers:
                if at <= self.passed and not sleeper.done():
                    sleeper.set_result(None)
            self._sleepers = [each for each in self._sleepers if not each[1].done()]
            await settle()


async def settle() -> None:
    """Let every task go on until it waits for something."""
    for _ in range(20):
        await asyncio.sleep(0)


class Board:
    """What stands under each name, how often it was looked at, and what goes wrong meanwhile."""

    def __init__(self, **bounds: int) -> None:
        self.clock = Turned()
        self.stands: dict[str, int] = {}
        self.looked: list[set[str]] = []
        self.fails: list[Exception] = []
        self.waiters = Waiters(self.look, clock=self.clock, **bounds)

    async def look(self, names: Collection[str]) -> Mapping[str, int]:
        """Return what stands there."""
        self.looked.append(set(names))
        if self.fails:
            raise self.fails.pop()
        return {name: self.stands[name] for name in names if name in self.stands}

    def wait(
        self, name: str, known: int = 0, *, account: str = "somebody", wish: Wish | None = None
    ) -> asyncio.Task[int | None]:
        """Begin to wait until more than `known` stands under a name."""

        async def waiting() -> int | None:
            with self.waiters.place(account, wish or wish_of(10)) as place:
                place.watch(name)
                return await place.until(lambda found: found > known)

        return asyncio.create_task(waiting())


def wish_of(seconds: int, gone: asyncio.Event | None = None) -> Wish:
    """Return the wish of a caller that hangs up when `gone` is set."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    return Wish(seconds, Request({"type": "http"}, receive))


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
    assert wish_of(9).applied == {"Vary": "Prefer", "Preference-Applied": "wait=9"}
    assert wish_of(0).applied == {"Vary": "Prefer"}


@given(st.lists(st.integers(1, 99), max_size=4), st.integers(1, 99), st.sampled_from(["", "W/"]))
def test_a_reader_knows_the_versions_that_it_names_and_no_other(named: list[int], asked: int, mark: str) -> None:
    known = parse_if_none_match(", ".join(f'{mark}"{number}"' for number in named))
    assert known.holds(f'"{asked}"') == (asked in named)
    assert bool(known) == bool(named)


@given(st.text(max_size=40))
def test_what_is_no_tag_is_not_known(header: str) -> None:
    assert not parse_if_none_match(header.replace('"', "").replace("*", "")).holds('"1"')
    assert parse_if_none_match("*").holds('"1"')


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
        with pytest.raises(Problem):
            board.waiters.check("one")
    board.waiters.check("one")


async def test_closing_lets_everybody_go() -> None:
    board = Board()
    waiting = board.wait("a")
    await settle()
    board.waiters.close()
    assert await waiting is None
    assert await board.wait("a") is None


HAPPENINGS = st.sampled_from(["told", "committed elsewhere", "turned", "hung up", "waits"])


class Crowd:
    """Those who wait on one board, and what each must be answered."""

    def __init__(self) -> None:
        self.board = Board(most=100)
        self.waiting: list[tuple[str, int, float, asyncio.Event, asyncio.Task[int | None]]] = []

    async def happens(self, what: str, name: str) -> None:
        """Let something happen about one name."""
        stands = self.board.stands
        if what == "waits":
            gone, known = asyncio.Event(), stands.get(name, 0)
            task = self.board.wait(name, known, wish=wish_of(2, gone))
            self.waiting.append((name, known, self.board.clock.passed, gone, task))
        elif what == "turned":
            await self.board.clock.turn(0.25)
        elif what == "hung up":
            for _, _, _, gone, _ in self.waiting[:1]:
                gone.set()
        else:
            stands[name] = stands.get(name, 0) + 1
            if what == "told":
                self.board.waiters.tell(name, stands[name])
        await settle()

    def check(self, told: str | None) -> None:
        """See that everybody has waited no longer than need be, and that nobody was told what it knew."""
        for name, known, began, gone, task in self.waiting:
            waited = self.board.clock.passed - began
            # A look that was under way when somebody came looks for it, too, or the next one does.
            found = self.board.stands.get(name, 0) > known and (name == told or waited > 2)
            assert task.done() or not (found or gone.is_set() or waited > 2)
            assert not task.done() or (news := task.result()) is None or news > known


@given(st.lists(st.tuples(HAPPENINGS, st.sampled_from("ab")), max_size=25))
async def test_whatever_happens_everybody_is_answered_in_time_and_with_nothing_that_it_knew(
    happenings: list[tuple[str, str]],
) -> None:
    crowd = Crowd()
    for what, name in [*happenings, *[("turned", "a")] * 10]:
        await crowd.happens(what, name)
        crowd.check(name if what == "told" else None)
    assert all(task.done() for *_, task in crowd.waiting)
    looked = len(crowd.board.looked)
    await crowd.board.clock.turn(5)
    assert len(crowd.board.looked) == looked
