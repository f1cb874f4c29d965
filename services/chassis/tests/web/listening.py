"""A server on a socket, for tests that speak with it in bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from deploy.local.ports import free_ports
from services.chassis.testing.kafka import eventually
from services.chassis.web.server import serve


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[int]:
    """Serve `app` while the block runs, as a service does; give the port."""
    number, stopping = free_ports(1)[0], asyncio.Event()
    serving = asyncio.create_task(serve(app, host="127.0.0.1", port=number, stopping=stopping))

    async def answers() -> None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", number)
        except OSError as error:
            raise AssertionError("not listening yet") from error
        writer.close()

    await eventually(answers)
    yield number
    stopping.set()
    await serving


async def said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Return everything that the server says until it hangs up; what can't be sent any more is left out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read(-1))
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    except OSError:
        pass
    try:
        return await asyncio.wait_for(reading, 120)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
