"""The demonstration's group robots: they answer 200 and say the truth in a number of the body; they drop no repeats.

The path says by which name the number goes and what it is, so that each maker's robots are spoken to as they answer.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from deploy.local.receivers.store import Store

_TAKEN: Final = "0"
_MUTE: Final = "mute"
_STATUS: Final = "status-"


def create_router(directory: Path) -> APIRouter:
    """Return the robots' routes; `directory` keeps every copy of what they take."""
    store = Store(directory, ".json")
    router = APIRouter()

    @router.post("/robots/{key}/{code}/{name:path}")
    async def receive(key: str, code: str, name: str, request: Request) -> Response:
        body = await request.body()
        if code.startswith(_STATUS):
            return Response(status_code=int(code.removeprefix(_STATUS)))
        if code in (_TAKEN, _MUTE):
            await asyncio.to_thread(
                store.keep, _document(name, dict(request.headers), dict(request.query_params), body)
            )
        if code == _MUTE:
            await asyncio.sleep(3600)
        return JSONResponse({key: int(code)})

    return router


def _document(name: str, headers: dict[str, str], asked: dict[str, str], body: bytes) -> bytes:
    kept = {"robot": name, "headers": headers, "query": asked, "body": json.loads(body)}
    return json.dumps(kept, ensure_ascii=False, indent=1).encode()
