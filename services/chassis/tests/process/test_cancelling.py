"""Tasks end when they are cancelled, also where a library takes a cancellation for its own."""

from __future__ import annotations

import asyncio

import pytest

from services.chassis.process import cancelling
from services.chassis.process.cancelling import ended


async def _closes_like_aiokafka(begun: asyncio.Event) -> None:
    """Close a client whose own task takes every cancellation for the end of its work."""

    async def own() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)

    task = asyncio.ensure_future(own())
    begun.set()
    await task


async def test_a_loop_around_a_client_that_swallows_cancellations_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancelling, "_AGAIN_SECONDS", 0.01)
    begun, rounds = asyncio.Event(), 0

    async def observe() -> None:
        nonlocal rounds
        while True:
            await _closes_like_aiokafka(begun)
            rounds += 1
            await asyncio.Event().wait()

    task = asyncio.ensure_future(observe())
    await begun.wait()
    await ended(task)
    assert (task.cancelled(), rounds) == (True, 1), "the first cancellation was swallowed, the second was not"


async def test_what_they_ended_with_is_theirs_and_who_is_done_is_left_alone() -> None:
    async def fails() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("on purpose")

    async def answers() -> int:
        return 7

    answered, failing = asyncio.ensure_future(answers()), asyncio.ensure_future(fails())
    await answered
    await asyncio.sleep(0)
    await ended(answered, failing)
    assert answered.result() == 7
    assert isinstance(failing.exception(), ValueError)
