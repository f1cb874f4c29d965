"""A stream gives back what is held for it, however it ends, and its time is nobody's slowness."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.types import Message

from services.chassis.web.observed import WAITED
from services.chassis.web.streams import StreamedAnswer

pytestmark = pytest.mark.pure


async def words() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


async def never() -> Message:
    """Say nothing, and stay."""
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


def held() -> tuple[ExitStack, list[str]]:
    stack, given_back = ExitStack(), list[str]()
    stack.callback(given_back.append, "the place")
    return stack, given_back


async def test_it_gives_back_what_was_held_at_its_end_and_its_time_counts_as_waited() -> None:
    stack, given_back = held()
    scope: dict[str, Any] = {"type": "http", WAITED: 1.0}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        assert not given_back
        sent.append(message)

    await StreamedAnswer(words(), stack)(scope, never, send)
    assert b"".join(message.get("body", b"") for message in sent) == b"onetwo"
    assert given_back == ["the place"]
    assert scope[WAITED] > 1.0


async def test_to_head_it_is_its_headers_alone() -> None:
    stack, given_back = held()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    answer = StreamedAnswer(words(), stack, media_type="text/event-stream")
    await asyncio.wait_for(answer({"type": "http", "method": "HEAD"}, never, send), 10)
    assert [message.get("body") for message in sent] == [None, b""]
    assert sent[0]["headers"] == answer.raw_headers
    assert given_back == ["the place"]


async def test_it_gives_it_back_too_when_nothing_could_be_sent() -> None:
    stack, given_back = held()
    scope: dict[str, Any] = {"type": "http"}

    async def send(_: Message) -> None:
        raise OSError("the reader is gone")

    with pytest.raises(BaseException):  # noqa: B017, PT011 - of what kind is the framework's own matter
        await StreamedAnswer(words(), stack)(scope, never, send)
    assert given_back == ["the place"]
