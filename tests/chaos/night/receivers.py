"""The city's receivers with something broken: `python -m tests.chaos.night.receivers DIRECTORY SMTP HTTP SECRET [BROKEN ...]`.

BROKEN is `no-smtp`, or `refuses=<county>`: every webhook to that county's offices is answered 503.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvicorn
from fastapi import Request, Response

from deploy.local.receivers import hooks, mail
from deploy.local.receivers.store import Store
from deploy.local.settings import LOOPBACK


async def serve(directory: Path, smtp_port: int, http_port: int, secret: str, broken: list[str]) -> None:
    """Serve until the process is told to stop."""
    app = hooks.create_app(directory, secret)
    refused = [each.removeprefix("refuses=") for each in broken if each.startswith("refuses=")]

    @app.middleware("http")
    async def refuse(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        if any(f"/{county}/" in request.url.path for county in refused):
            return Response("out of order", status_code=503)
        return await call(request)

    if "no-smtp" not in broken:
        await mail.listen(
            Store(directory / "mail", ".eml"), host=LOOPBACK, port=smtp_port, bounces=directory / "bounces"
        )
    await uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=http_port, log_level="warning")).serve()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:]))
