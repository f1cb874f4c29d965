"""What is old enough is deleted a little in each transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.chassis.storage.forgetting import in_rounds

pytestmark = pytest.mark.pure


class Counting:
    """A database that counts its transactions."""

    def __init__(self) -> None:
        self.transactions = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        self.transactions += 1
        yield None


async def test_much_is_forgotten_in_many_short_transactions() -> None:
    left = 12

    async def some(_: Any, limit: int) -> int:
        nonlocal left
        gone = min(limit, left)
        left -= gone
        return gone

    database: Any = Counting()
    assert await in_rounds(database, some, at_once=5) == 12
    assert (left, database.transactions) == (0, 3)
