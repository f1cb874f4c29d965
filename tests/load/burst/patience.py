"""Callers as they should be: who is told 429 or 503 with Retry-After comes back then, with the same request."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tests.load.http_client import Client, UnexpectedStatus

_REFUSALS: Final = frozenset({429, 503})
_FRESH_SECONDS: Final = 3.0


class Failed(Exception):
    """A request ended in something that no patience mends."""


@dataclass
class Tally:
    """What became of requests: refusals by code, seconds from the first try to the answer by step, what went wrong."""

    refused: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    requests: int = 0


Tallies = Callable[[], tuple[Tally, ...]]
"""Where what happens now is counted."""


class Connections:
    """Keep-alive connections of one account to one service: as many as are needed at once, the warmest first."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._idle: list[tuple[float, Client]] = []

    async def call(self, call: Callable[[Client], Awaitable[Any]]) -> Any:
        """Make a call on a connection of its own; what lay idle and was closed meanwhile is replaced once."""
        while self._idle:
            since, client = self._idle.pop()
            if time.monotonic() - since > _FRESH_SECONDS:
                client.close()
                continue
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                return await self._on(client, call)
        return await self._on(Client(self._url, self._key), call)

    async def _on(self, client: Client, call: Callable[[Client], Awaitable[Any]]) -> Any:
        try:
            said = await call(client)
        except UnexpectedStatus:
            self._idle.append((time.monotonic(), client))
            raise
        except BaseException:
            client.close()
            raise
        self._idle.append((time.monotonic(), client))
        return said

    def close(self) -> None:
        """Close what lies idle."""
        for _, client in self._idle:
            client.close()
        self._idle.clear()


async def patiently(
    connections: Connections,
    call: Callable[[Client], Awaitable[Any]],
    *,
    step: str,
    tallies: Tallies,
    dice: random.Random,
) -> Any:
    """Return the answer, asked for again as often as the platform says when; raises Failed for any other error."""
    began = time.monotonic()
    while True:
        for tally in tallies():
            tally.requests += 1
        try:
            said = await connections.call(call)
        except UnexpectedStatus as refused:
            if refused.status not in _REFUSALS or refused.retry_after is None:
                raise Failed(f"{step}: {refused}") from None
            for tally in tallies():
                tally.refused[f"{refused.status} {_code(refused.body)}"] += 1
            await asyncio.sleep(refused.retry_after * dice.uniform(1.0, 1.5))
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise Failed(f"{step}: {error!r}") from error
        else:
            for tally in tallies():
                tally.seconds[step].append(time.monotonic() - began)
            return said


def _code(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["code"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "unreadable"
