"""Writing the stream table's changelog in rounds: of what was set meanwhile, the newest value of each key goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

# Nearly as long as a batch of bookings waits for company (`queue`): whoever waits for a write booked one first, and with 10 ms the
# changelog was a quarter of all that the broker was asked for. It keeps no figure waiting but those behind it in the stream.
_BREATH_SECONDS: Final = 0.03

Newest = dict[bytes, tuple[int | None, bytes]]
"""By key: the partition of the changelog, and the value."""


class ChangelogRounds:
    """Takes writes at once and sends them by `send`, one round after the other, so that no key's writes change places.

    The changelog is compacted: it keeps the newest value of a key and no other, and so may who writes it.
    """

    def __init__(self, send: Callable[[Newest], Awaitable[None]]) -> None:
        self._send = send
        self._newest: Newest = {}
        # What the next round is told by, and since when somebody waits for it.
        self._awaited: tuple[asyncio.Future[None], float] | None = None
        self._running: asyncio.Task[None] | None = None

    def put(self, key: bytes, value: bytes, *, partition: int | None) -> asyncio.Future[None]:
        """Note a write; return what is done when the broker has it or a newer one, and raises what sending raised."""
        loop = asyncio.get_running_loop()
        self._newest[key] = (partition, value)
        if self._awaited is None:
            self._awaited = loop.create_future(), loop.time()
        if self._running is None:
            self._running = loop.create_task(self._run(), name="statistics-changelog")
        return self._awaited[0]

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._awaited is not None:
                written, since = self._awaited
                # Whoever waited for the round before has waited for company by then.
                await asyncio.sleep(max(0.0, since + _BREATH_SECONDS - loop.time()))
                newest, self._newest, self._awaited = self._newest, {}, None
                try:
                    await self._send(newest)
                except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for the writes
                    written.set_exception(error)
                else:
                    written.set_result(None)
        finally:
            self._running = None
