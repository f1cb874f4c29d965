"""Answers that go on for as long as their reader listens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.chassis.web.lines import HEAD
from services.chassis.web.observed import WAITED


class StreamedAnswer(StreamingResponse):
    """A stream that gives back what is `held` for it when it ends, whether or not anything of it was sent.

    Its reader listens for as long as it wishes: the time of the stream is nobody's slowness.
    """

    def __init__(self, told: AsyncIterator[bytes], held: ExitStack, **options: Any) -> None:
        super().__init__(told, **options)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; to HEAD its headers alone, for it has no end that anybody would wait for."""
        if scope.get("method") == HEAD:
            with self._held:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await send({"type": "http.response.body", "body": b""})
            return
        began = time.perf_counter()
        try:
            with self._held:
                await super().__call__(scope, receive, send)
        finally:
            scope[WAITED] = scope.get(WAITED, 0.0) + time.perf_counter() - began
