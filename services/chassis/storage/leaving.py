"""A client that hangs up: what still waits in a queue for it is dropped, what has begun goes on.

Nobody hears the answer, so the work that a queue holds for it is only in the way of others. A command that has begun is
carried out to its end, since half of it may stand; sent again under its Idempotency-Key it is answered with what was done.
A read changes nothing, and is dropped wherever it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class ClientLeft(Exception):
    """Whoever asked has hung up before anything was begun."""


class Client:
    """The other end of one connection, as long as it is there."""

    __slots__ = ("_listeners", "has_left")

    def __init__(self) -> None:
        self.has_left = False
        self._listeners: list[Callable[[], None]] = []

    def leave(self) -> None:
        """Note that it has hung up, and tell those who listen."""
        self.has_left = True
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    @contextmanager
    def heard(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` when it hangs up while the block runs."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            if listener in self._listeners:
                self._listeners.remove(listener)


class _Request:
    """One request: who waits for its answer, and whether anything of it has begun."""

    __slots__ = ("client", "has_begun")

    def __init__(self, client: Client, *, has_begun: bool) -> None:
        self.client = client
        self.has_begun = has_begun


_request: ContextVar[_Request | None] = ContextVar("request", default=None)


@contextmanager
def asked_by(client: Client | None, *, reads: bool) -> Iterator[None]:
    """Do a block's work for `client`; of a request that only `reads` the whole block is dropped when it leaves.

    Raises ClientLeft then. None is a client of which nobody knows whether it is there.
    """
    if client is None:
        yield
        return
    # A read is dropped as a whole: none of its queues needs to listen, too.
    token = _request.set(_Request(client, has_begun=reads))
    try:
        if reads:
            with _dropped_with(client):
                yield
        else:
            yield
    finally:
        _request.reset(token)


def present() -> Client | None:
    """Return the client for which nothing has begun yet and whose request may be dropped, or None."""
    request = _request.get()
    return None if request is None or request.has_begun else request.client


def begun() -> None:
    """Note that the request whose work this is has begun: from here on it is carried out whoever still waits."""
    if (request := _request.get()) is not None:
        request.has_begun = True


@contextmanager
def in_line() -> Iterator[None]:
    """Wait in a queue inside the block: given up, by ClientLeft, when the client leaves before anything has begun."""
    client = present()
    if client is None:
        yield
        return
    with _dropped_with(client):
        yield


@contextmanager
def _dropped_with(client: Client) -> Iterator[None]:
    if client.has_left:
        raise ClientLeft
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - whoever waits for an answer is waited for by a task
    was_dropped, cancelled_before = False, task.cancelling()

    def drop() -> None:
        nonlocal was_dropped
        was_dropped = True
        task.cancel()

    try:
        with client.heard(drop):
            yield
    except asyncio.CancelledError:
        # Ours alone, as in asyncio.timeout: a task that is cancelled besides stays so.
        if was_dropped and task.uncancel() <= cancelled_before:
            raise ClientLeft from None
        raise
