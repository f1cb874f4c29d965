"""Serving an app until the process is told to stop."""

from __future__ import annotations

import asyncio
import contextlib

import uvicorn
from fastapi import FastAPI

from services.chassis.web.protocol import BoundedProtocol


async def serve(
    app: FastAPI, *, host: str, port: int, stopping: asyncio.Event, trusted_proxies: str = "127.0.0.1"
) -> None:
    """Serve `app` until `stopping`; open requests are finished first.

    Who comes by way of one of the `trusted_proxies` came from where that says; of others only the address counts.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        forwarded_allow_ips=trusted_proxies,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        lifespan="off",
    )
    server = _Server(config)
    serving = asyncio.ensure_future(_listen(server))
    stop = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stop.cancel()


async def _listen(server: uvicorn.Server) -> None:
    try:
        await server.serve()
    except SystemExit as error:
        # uvicorn would end the process behind our back; here it is a role that died, with a reason.
        raise CannotListen(f"{server.config.host}:{server.config.port} cannot be listened on") from error


class CannotListen(RuntimeError):
    """The address is taken or not ours; see the log line before."""


class _Server(uvicorn.Server):
    """uvicorn inside our loop: signals belong to the process, a busy port is an error and not an exit."""

    def install_signal_handlers(self) -> None:
        """Leave the signals alone."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Leave the signals alone."""
        return contextlib.nullcontext()
