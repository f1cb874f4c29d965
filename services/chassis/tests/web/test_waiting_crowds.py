"""Whatever happens while many wait."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.tests.web.board import Board, settle, wish_of

pytestmark = pytest.mark.pure

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
