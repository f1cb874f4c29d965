"""Marking events that the broker has, for the rounds of all counties: those that meet here share a statement.

To mark waits for no topic, and in a shared round for no receipt that somebody else holds: that is left out, and whoever
asked marks it by itself. A large round marks by itself, so that no county's bulk keeps another's single event waiting.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.storage.rounds import MOST, Rounds, RoundsFull
from services.gateway.receipts import tables as receipts

_NOTHING: Final = frozenset[UUID]()


class Marks:
    """Notes of events that the broker has them; `clock` says since when (domain time)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._rounds: Rounds[Sequence[UUID], frozenset[UUID]] = Rounds(self._take, weight=len)

    async def mark(self, receipt_ids: Sequence[UUID]) -> None:
        """Mark these receipts, none of which another county asks for. Raises what is retryable where the database is away."""
        marked = _NOTHING
        if len(receipt_ids) <= MOST:
            with contextlib.suppress(RoundsFull):
                marked = await self._rounds.ask(receipt_ids)
        if left := [receipt_id for receipt_id in receipt_ids if receipt_id not in marked]:
            async with self._database.acquire() as connection:
                await receipts.mark_queued(connection, left, self._clock.now())

    async def _take(self, several: Sequence[Sequence[UUID]]) -> Sequence[frozenset[UUID]]:
        asked = [receipt_id for receipt_ids in several for receipt_id in receipt_ids]
        async with self._database.acquire() as connection:
            marked = await receipts.mark_free(connection, asked, self._clock.now())
        return [marked] * len(several)
